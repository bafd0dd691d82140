"""The file in which the engine keeps what is to outlive it: SQLite, one transaction for the changes of a moment."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from embedded_inngest.errors import StartError
from embedded_inngest.journal import Claim, Part

FILE = "main.db"
"""Name of the file, as the real server has it: neither takes the other's."""

_MAGIC = b"SQLite format 3\x00"
_USER_VERSION, _APPLICATION_ID = slice(60, 64), slice(68, 72)
_OURS = 0x42454549
_FORM = 2
_HEADER = 100
_SCHEMA = """
CREATE TABLE apps (content BLOB NOT NULL);
CREATE TABLE events (id TEXT PRIMARY KEY, sender_id TEXT, name TEXT, ts INTEGER, body BLOB, received_at REAL);
CREATE TABLE claims (function_id TEXT, event_id TEXT, expires REAL, PRIMARY KEY (function_id, event_id));
CREATE TABLE runs (id TEXT PRIMARY KEY, trace_id TEXT, function BLOB, events TEXT, ended INTEGER, content BLOB);
CREATE TABLE steps (run_id TEXT, position INTEGER, step_id TEXT, value BLOB, PRIMARY KEY (run_id, position));
CREATE TABLE held (part TEXT, key TEXT, content BLOB, PRIMARY KEY (part, key));
"""
_ADD_EVENT = "INSERT OR REPLACE INTO events VALUES (?, ?, ?, ?, ?, ?)"
_ADD_CLAIM = "INSERT OR REPLACE INTO claims VALUES (?, ?, ?)"
_ADD_STEP = "INSERT INTO steps VALUES (?, ?, ?, ?)"
_HOLD = "INSERT OR REPLACE INTO held VALUES (?, ?, ?)"
_RELEASE = "DELETE FROM held WHERE part = ? AND key = ?"
_SET_RUN = """INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET ended = excluded.ended, content = excluded.content"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """A run as it is written down; `events` are the ids of those that started it."""

    id: str
    trace_id: str
    function: bytes
    events: str
    ended: bool
    content: bytes


@dataclass(slots=True, kw_only=True)
class Rows:
    """What is to be written, or was read; of apps it is all of them, or None for no change.

    What flow control holds stands under its part and its key, and is None when nothing is held there any more.
    """

    apps: list[bytes] | None = None
    events: list[tuple[Any, ...]] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    runs: list[RunRow] = field(default_factory=list)
    steps: list[tuple[str, int, str, bytes]] = field(default_factory=list)
    held: list[tuple[Part, str, bytes | None]] = field(default_factory=list)


class Store:
    """A store that this engine alone has open."""

    def __init__(self, file: Path, connection: sqlite3.Connection) -> None:
        self.file = file
        self._connection = connection

    @classmethod
    def open(cls, folder: Path) -> "Store":
        """Open the store of a folder, which is made if need be.

        Raises:
            StartError: It is no store of this engine, or another has it open; the file is left as it is.
        """
        file = folder / FILE
        try:
            folder.mkdir(mode=0o750, parents=True, exist_ok=True)
            is_new = _is_new(file)
            connection = sqlite3.connect(file, timeout=1.0, isolation_level=None)
            _prepare(connection, is_new=is_new)
        except (OSError, sqlite3.Error, ValueError) as error:
            raise unusable(file, error) from None
        return cls(file, connection)

    def read(self) -> Rows:
        """Return all that is kept, in the order in which it came.

        Raises:
            sqlite3.Error: It can't be read.
        """
        return Rows(
            apps=[row[0] for row in self._all("SELECT content FROM apps ORDER BY rowid")],
            events=self._all("SELECT * FROM events ORDER BY rowid"),
            claims=[
                Claim(function_id=row[0], event_id=row[1], expires=row[2])
                for row in self._all("SELECT * FROM claims ORDER BY expires")
            ],
            runs=[
                RunRow(id=row[0], trace_id=row[1], function=row[2], events=row[3], ended=bool(row[4]), content=row[5])
                for row in self._all("SELECT * FROM runs ORDER BY rowid")
            ],
            steps=self._all("SELECT * FROM steps ORDER BY run_id, position"),
            held=self._all("SELECT * FROM held ORDER BY rowid"),
        )

    def write(self, rows: Rows, *, now: float) -> None:
        """Write changes, all or none of them; they then survive the end of the process, however it ends.

        Raises:
            sqlite3.Error: They can't be written.
        """
        connection = self._connection
        connection.execute("BEGIN")
        try:
            self._write(rows, now)
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _write(self, rows: Rows, now: float) -> None:
        many = self._connection.executemany
        if rows.apps is not None:
            self._connection.execute("DELETE FROM apps")
            many("INSERT INTO apps VALUES (?)", [(app,) for app in rows.apps])
            self._connection.execute("DELETE FROM claims WHERE expires < ?", (now,))
        many(_ADD_EVENT, rows.events)
        many(_ADD_CLAIM, [(claim.function_id, claim.event_id, claim.expires) for claim in rows.claims])
        many(_SET_RUN, [(run.id, run.trace_id, run.function, run.events, run.ended, run.content) for run in rows.runs])
        many(_ADD_STEP, rows.steps)
        many("DELETE FROM steps WHERE run_id = ?", [(run.id,) for run in rows.runs if run.ended])
        many(_HOLD, [held for held in rows.held if held[2] is not None])
        many(_RELEASE, [(part, key) for part, key, content in rows.held if content is None])

    def _all(self, query: str) -> list[Any]:
        return self._connection.execute(query).fetchall()


def unusable(file: Path, error: object) -> StartError:
    """Return what is said of a file that can't be used as a store."""
    return StartError(
        expected=f"{file} to be a store of the embedded engine, open nowhere else.",
        seen=f"{error}.",
        then="move the file away, give another --sqlite-dir, or end the engine that has it open.",
    )


def _is_new(file: Path) -> bool:
    """Tell whether there is no store yet; looks at the bytes, as SQLite may change a file that it only opens.

    Raises:
        ValueError: There is something else.
    """
    header = _start_of(file)
    if not header:
        return True
    if not header.startswith(_MAGIC) or len(header) < _HEADER:
        message = "it is no SQLite file, or a broken one"
        raise ValueError(message)
    owner, form = (int.from_bytes(header[part]) for part in (_APPLICATION_ID, _USER_VERSION))
    if (owner, form) != (_OURS, _FORM):
        message = "it is the SQLite file of another program, or of another version of this one"
        raise ValueError(message)
    return False


def _start_of(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(_HEADER)
    except FileNotFoundError:
        return b""


def _prepare(connection: sqlite3.Connection, *, is_new: bool) -> None:
    """Take the file for ourselves; what is written survives a kill, and the machine's crash but for the last moment."""
    settings: Sequence[str] = ("locking_mode = EXCLUSIVE", "synchronous = NORMAL")
    for setting in settings:
        connection.execute(f"PRAGMA {setting}")
    if is_new:
        mark = f"PRAGMA application_id = {_OURS}; PRAGMA user_version = {_FORM};"
        connection.executescript(f"BEGIN; {mark} {_SCHEMA} COMMIT;")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("COMMIT")
