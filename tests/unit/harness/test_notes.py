"""Notes travel from the processes of a run to its report."""

from pathlib import Path

from harness.notes import noted, notes_of


def test_notes_of_all_processes_are_read(tmp_path: Path) -> None:
    """Each process writes its own, whatever is in them, and the gate reads them all; without any there is none."""
    assert noted(tmp_path) == []

    notes_of(tmp_path, "gw1")("second\nline ✔")
    note = notes_of(tmp_path, "gw0")
    note("first")
    note("again")

    assert noted(tmp_path) == ["first", "again", "second\nline ✔"]
