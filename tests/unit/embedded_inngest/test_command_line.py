"""The engine as a program: starting, refusing to start, ending, and what it doesn't imitate."""

import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from harness.processes.managed import ManagedProcess
from harness.processes.ports import free_port
from harness.waiters import until
from tests.unit.embedded_inngest.launching import NOTHING, START, Launcher, engine
from tests.unit.embedded_inngest.server import Server
from tests.unit.embedded_inngest.signed import SIGNING_KEY

LISTENING = "listening on http://127.0.0.1:"


@contextmanager
def started(launcher: Launcher, *arguments: str, environment: Mapping[str, str] = NOTHING) -> Iterator[ManagedProcess]:
    """Start the engine's program with arguments and end it afterwards."""
    name = "-".join(["program", *arguments]).replace("/", "_")
    process = launcher.start(name, ("-m", "embedded_inngest", *arguments), environment=environment)
    try:
        yield process
    finally:
        process.kill()


def exit_code(process: ManagedProcess) -> int | None:
    """Return the exit code of a program that should end by itself."""
    until(lambda: not process.alive, within=5)
    return process.returncode


def test_a_port_of_its_own_choice_is_told(launcher: Launcher) -> None:
    """With `--port 0` the engine takes a free port and says which, as soon as it answers there."""
    with started(launcher, "dev", "--host", "127.0.0.1", "--port", "0", "--no-discovery") as process:
        port = until(lambda: process.log_tail().partition(LISTENING)[2].partition("\n")[0], within=5)

        with socket.create_connection(("127.0.0.1", int(port)), timeout=1):
            assert process.alive


def test_a_taken_port_is_refused_in_one_line(launcher: Launcher) -> None:
    """An engine whose port is taken ends with exit code 1 and one line that says what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with started(launcher, "dev", "--host", "127.0.0.1", "--port", port, "--no-discovery") as process:
            assert exit_code(process) == 1
            [line] = process.log_tail().splitlines()

    assert all(part in line for part in ("Expected: ", port, "Seen: ", "Next: "))


def test_a_url_that_is_none_is_refused_in_one_line(launcher: Launcher) -> None:
    """An app whose URL can't be read ends the engine with exit code 1 and one line that names it."""
    with started(launcher, "dev", "--host", "127.0.0.1", "--port", "0", "-u", "http://[::1") as process:
        assert exit_code(process) == 1
        [line] = process.log_tail().splitlines()

    assert all(part in line for part in ("Expected: ", "http://[::1", "Seen: ", "Next: "))


def test_a_port_that_is_none_is_refused(launcher: Launcher) -> None:
    """A number that is no port ends the engine with exit code 1 and one line too."""
    with started(launcher, "dev", "--port", "99999") as process:
        assert exit_code(process) == 1
        assert "99999" in process.log_tail()
        assert "Traceback" not in process.log_tail()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_well(number: signal.Signals, launcher: Launcher) -> None:
    """SIGTERM and SIGINT end the engine at once, with exit code 0 and without a traceback."""
    program = engine(f"ends-by-{number.name}", "--no-discovery")
    process = launcher.start(program.name, program.arguments, stop_signal=number)
    process.wait_until_ready(program.answers, within=START)

    process.stop(within=1)

    assert process.returncode == 0
    assert "Traceback" not in process.log_tail()


@pytest.mark.parametrize(
    ("arguments", "version"),
    [
        (["version"], "1.43.0-embedded"),
        (["version", "--compat", "0.29"], "0.29.9-embedded"),
        (["--compat", "0.29", "version"], "0.29.9-embedded"),
    ],
)
def test_it_says_whose_version_it_imitates(arguments: list[str], version: str, launcher: Launcher) -> None:
    """The version names the release that is imitated, and that it is an imitation."""
    with started(launcher, *arguments) as process:
        assert exit_code(process) == 0
        assert process.log_tail() == version


@pytest.mark.parametrize("words", [("start",), ("dev", "--persist")])
def test_what_came_later_is_refused(words: tuple[str, ...], launcher: Launcher) -> None:
    """What the older release does not have is refused by its name, not run as something else."""
    with started(launcher, "--compat=0.29", *words, environment={"INNGEST_EVENT_KEY": "k"}) as process:
        assert exit_code(process) == 1
        assert all(part in process.log_tail() for part in ("0.29.9", words[-1]))


def test_the_environment_stands_for_flags(launcher: Launcher, tmp_path: Path) -> None:
    """A variable is heeded where its flag is not given, and says nothing where it is."""
    of_variable, of_flag = free_port(), free_port()
    keys = {"INNGEST_EVENT_KEY": "of-variable,second", "INNGEST_SIGNING_KEY": SIGNING_KEY}
    place = {"INNGEST_HOST": "127.0.0.1", "INNGEST_PORT": str(of_variable), "INNGEST_SQLITE_DIR": str(tmp_path)}
    with started(launcher, "start", "--port", str(of_flag), environment={**keys, **place}) as process:
        until(lambda: f"{LISTENING}{of_flag}, signed" in process.log_tail(), within=5)
        with closing(Server(f"http://127.0.0.1:{of_flag}")) as server:
            assert [server.post(f"/e/{key}", [])["status"] for key in ("second", "other")] == [200, 401]


@pytest.mark.parametrize(
    ("command", "flag"),
    [
        ("dev", "--debounce"),
        ("dev", "--retry-interval=soon"),
        ("dev", "--port=http"),
        ("dev", "--compat=0.30"),
        ("dev", "--event-key=k"),
        ("start", "--no-poll"),
        ("start", "--no-discovery"),
        ("start", "--redis-uri=redis://:secret@x"),
        ("start", "--event=abbreviated"),
    ],
)
def test_a_wrong_flag_is_refused(command: str, flag: str, launcher: Launcher) -> None:
    """A flag that doesn't exist, isn't imitated or has no legal value ends the engine before it listens."""
    with started(launcher, command, flag) as process:
        assert exit_code(process) not in (0, None)
        assert flag.partition("=")[0] in process.log_tail()
        assert "secret" not in process.log_tail()


NOT_IMITATED = [
    ("GET", "/v1/prom/dev"),
    ("GET", "/v2/apps"),
    ("GET", "/api/v2/apps"),
    ("POST", "/mcp"),
    ("POST", "/v0/connect/start"),
]


@pytest.mark.parametrize(("method", "path"), NOT_IMITATED)
def test_a_route_that_is_not_imitated_says_so(method: str, path: str, server: Server) -> None:
    """A route of the real server that this one lacks answers 501 and its own name, never something that looks right."""
    answer = server.answer(method, path, "{}" if method == "POST" else "", {"content-type": "application/json"})

    assert answer["status"] == 501
    assert path in str(answer["body"])
