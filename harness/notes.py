"""Notes: what a test has measured and the report of the run must say, from the process that ran it to the gate's."""

import json
from collections.abc import Callable
from pathlib import Path

Note = Callable[[str], None]
"""Takes one line for the report."""

_NOTES = "notes-{}.jsonl"


def notes_of(folder: Path, process: str) -> Note:
    """Return what writes down one process's notes in the session's folder."""
    file = folder / _NOTES.format(process)

    def note(text: str) -> None:
        with file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(text) + "\n")

    return note


def noted(folder: Path) -> list[str]:
    """Return the notes of all processes."""
    files = sorted(folder.glob(_NOTES.format("*")))
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
