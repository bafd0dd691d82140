"""The engine as a program: starting, refusing to start, ending, and what it doesn't imitate."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from harness.processes.managed import ManagedProcess
from harness.waiters import until
from tests.unit.embedded_inngest.launching import START, Launcher, engine
from tests.unit.embedded_inngest.server import Server

LISTENING = "listening on http://127.0.0.1:"


@contextmanager
def started(launcher: Launcher, *arguments: str) -> Iterator[ManagedProcess]:
    """Start the engine's program with arguments and end it afterwards."""
    name = "-".join(["program", *arguments]).replace("/", "_")
    process = launcher.start(name, ("-m", "embedded_inngest", *arguments))
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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_well(number: signal.Signals, launcher: Launcher) -> None:
    """SIGTERM and SIGINT end the engine at once, with exit code 0 and without a traceback."""
    program = engine(f"ends-by-{number.name}", "--no-discovery")
    process = launcher.start(program.name, program.arguments, stop_signal=number)
    process.wait_until_ready(program.answers, within=START)

    process.stop(within=1)

    assert process.returncode == 0
    assert "Traceback" not in process.log_tail()


def test_it_says_whose_version_it_imitates(launcher: Launcher) -> None:
    """The version names the release that is imitated, and that it is an imitation."""
    with started(launcher, "version") as process:
        assert exit_code(process) == 0
        assert process.log_tail() == "1.43.0-embedded"


@pytest.mark.parametrize("flag", ["--debounce", "--retry-interval=soon", "--port=http"])
def test_a_wrong_flag_is_refused(flag: str, launcher: Launcher) -> None:
    """A flag that doesn't exist or has no legal value ends the engine before it listens."""
    with started(launcher, "dev", flag) as process:
        assert exit_code(process) not in (0, None)
        assert flag.partition("=")[0] in process.log_tail()


NOT_IMITATED = [
    ("POST", "/v1/signals"),
    ("POST", "/v1/cancellations"),
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
