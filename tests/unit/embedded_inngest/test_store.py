"""The file that outlives an engine: made where it is asked for, never taken from somebody else."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from embedded_inngest.documents import event_row
from embedded_inngest.errors import StartError
from embedded_inngest.events import make_event
from embedded_inngest.store import FILE, Rows, Store
from harness.waiters import until
from tests.unit.embedded_inngest.launching import Launcher, engine
from tests.unit.embedded_inngest.server import Server
from tests.unit.embedded_inngest.signed import SIGNING_KEY


def rows(count: int = 1) -> Rows:
    """Return so many new events."""
    events = [make_event(internal_id=f"E{number}", name="a", data={}, now=1.0) for number in range(count)]
    return Rows(events=[event_row(event) for event in events])


def torn(file: Path) -> None:
    """Write the start of a SQLite file."""
    file.write_bytes(b"SQLite format 3\x00 and then nothing")


def foreign(file: Path) -> None:
    """Write the SQLite file of another program."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE apps (id TEXT)")


def scribbled(file: Path) -> None:
    """Write a store of ours, and over its pages."""
    with closing(Store.open(file.parent)) as store:
        store.write(rows(2000), now=0.0)
    content = bytearray(file.read_bytes())
    content[8192:-8192] = b"?" * (len(content) - 16384)
    file.write_bytes(content)


def no_file(file: Path) -> None:
    """Put a folder in its place."""
    file.mkdir()


@pytest.mark.parametrize("damage", [torn, foreign, scribbled, lambda file: file.write_text("notes of mine"), no_file])
def test_what_is_no_store_is_refused_in_one_line(
    damage: Callable[[Path], object], tmp_path: Path, launcher: Launcher
) -> None:
    """A file that is damaged or of somebody else ends the engine with code 1 and one line, and stays as it is."""
    file = tmp_path / FILE
    damage(file)
    before = file.read_bytes() if file.is_file() else b""
    program = engine("refusing", "--no-discovery", "--persist", "--sqlite-dir", str(tmp_path))
    process = launcher.start(f"refusing-{tmp_path.name}", program.arguments)

    until(lambda: not process.alive, within=5)

    [line] = process.log_tail().splitlines()
    assert process.returncode == 1
    assert all(part in line for part in ("Expected: ", str(file), "Seen: ", "Next: "))
    assert (file.read_bytes() if file.is_file() else b"") == before


def test_a_store_is_open_once(tmp_path: Path) -> None:
    """Two engines never write one store."""
    with closing(Store.open(tmp_path)), pytest.raises(StartError, match="locked"):
        Store.open(tmp_path)


def test_a_transaction_is_whole_or_nothing(tmp_path: Path) -> None:
    """Of changes that can't all be written, none are."""
    broken = rows()
    broken.steps = [("R", 0, "s", b""), ("R", 0, "s", b"")]
    with closing(Store.open(tmp_path)) as store:
        with pytest.raises(sqlite3.Error):
            store.write(broken, now=0.0)
        store.write(rows(2), now=0.0)

        assert [row[0] for row in store.read().events] == ["E0", "E1"]


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        (("dev", "--persist", "--sqlite-dir"), True),
        (("start", "--event-key=k", f"--signing-key={SIGNING_KEY}", "--sqlite-dir"), True),
        (("dev", "--sqlite-dir"), False),
    ],
)
def test_a_killed_engine_has_kept_what_it_accepted(
    options: tuple[str, ...], kept: bool, tmp_path: Path, launcher: Launcher
) -> None:
    """An event whose sender was told 200 is there after a SIGKILL in `start` and with `--persist`, and else is gone."""
    command, *flags = options
    program = engine(f"killed-{tmp_path.name}", *flags, str(tmp_path), command=command)
    with closing(Server(program.url, event_key="k", signing_key=SIGNING_KEY)) as server:
        with launcher.running(program) as [process]:
            event_id = server.send("policy/bound", {"n": 1})
            process.kill()
        with launcher.running(program):
            found = server.event(event_id)["data"]["event"]

    assert (found is not None, [*tmp_path.iterdir()] != []) == (kept, kept)
