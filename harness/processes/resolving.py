"""A resolver of our own for one process: what names lead to there is ours to say, and may change between two look-ups.

No server of names is asked and nobody outside is called: the process's own runtime loads a hook, which answers for our
names, and takes connections to the addresses of the plan to places on this machine. It works for Python and Node; a
program in another language does not load it, which shows by the missing notes.
"""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

HOOKS = Path(__file__).parent / "hooks"

OUTSIDE = "192.31.196.53"
"""An address of the public internet, for guards to let through: one of AS112, where queries go to be thrown away."""

Place = tuple[str, int]


class Resolver:
    """Answers for names inside one process.

    Args:
        folder: Where the hooks, their plan and their notes are; made here.
        names: What each name leads to at its first, second, … look-up; the last answer repeats.
        moved: Where connections to an address go instead.
    """

    def __init__(self, folder: Path, *, names: Mapping[str, Sequence[str]], moved: Mapping[str, Place]) -> None:
        self._folder = folder
        folder.mkdir()
        shutil.copy(HOOKS / "python.py", folder / "sitecustomize.py")
        shutil.copy(HOOKS / "node.cjs", folder)
        (folder / "plan.json").write_text(json.dumps({"names": names, "moved": moved}))

    def environment(self, known: Mapping[str, str]) -> dict[str, str]:
        """Return what a process is told so that it loads the hook of its language, beside what it is `known` to be."""
        hooks = {"PYTHONPATH": str(self._folder), "NODE_OPTIONS": f"--require {self._folder / 'node.cjs'}"}
        between = {"PYTHONPATH": os.pathsep, "NODE_OPTIONS": " "}
        return {name: between[name].join(filter(None, (hook, known.get(name)))) for name, hook in hooks.items()}

    def looked_up(self, name: str) -> int:
        """Return how often the process has asked for a name."""
        return self._notes().count(f"look-up {name}")

    def called(self) -> frozenset[str]:
        """Return the moved addresses to which the process has opened a connection."""
        return frozenset(note.removeprefix("connection ") for note in self._notes() if note.startswith("connection "))

    def _notes(self) -> list[str]:
        file = self._folder / "noted"
        return file.read_text().splitlines() if file.exists() else []
