"""Processes of the suite: started, watched, ended with everything they started."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.errors import SetupError
from harness.processes.managed import ManagedProcess
from harness.processes.reaper import Reaper
from harness.waiters import stays, until
from tests.unit.harness.owners import exists

Start = Callable[..., ManagedProcess]

READY = "echo ready; exec sleep 60"
SCATTERED = "setsid sleep 60 & echo $!; exec sleep 60"
"""Starts a child in a session of its own and says its pid."""


@pytest.fixture
def start(tmp_path: Path, reaper: Reaper) -> Iterator[Start]:
    """Start a shell script as a managed process."""
    started: list[ManagedProcess] = []

    def start(script: str, **variables: str) -> ManagedProcess:
        argv, env = ["sh", "-c", script], {"PATH": "/usr/bin:/bin"} | variables
        log_path = tmp_path / "shell.log"
        started.append(ManagedProcess.start("shell", argv, env=env, log_path=log_path, reaper=reaper))
        return started[-1]

    yield start
    for process in started:
        process.kill()


def first_line(process: ManagedProcess) -> str:
    """Wait until a process has said something."""
    return process.wait_until_ready(lambda: process.log_tail() or None, within=5)


def test_environment_is_only_what_is_given(start: Start) -> None:
    """A process sees the environment that it is given, and nothing of ours."""
    process = start("env; exec sleep 60", COLOUR="blue")

    first_line(process)
    process.stop()

    assert sorted(line for line in process.log_tail().splitlines() if "PWD" not in line) == [
        "COLOUR=blue",
        "PATH=/usr/bin:/bin",
    ]


def test_ready_value_is_returned(start: Start) -> None:
    """Waiting hands on the value that the check found."""
    assert first_line(start(READY)) == "ready"


def test_exit_ends_the_wait_at_once(start: Start) -> None:
    """A process that exits ends the wait with its code and last words, long before the deadline."""
    process, began = start("echo no such table >&2; exit 3"), time.monotonic()

    with pytest.raises(SetupError) as caught:
        process.wait_until_ready(lambda: None, within=30)

    assert "it exited with code 3. It said last:\n  | no such table" in caught.value.seen
    assert time.monotonic() - began < 5


def test_killed_process_is_told_by_its_signal(start: Start) -> None:
    """A process that was killed from outside is reported by the name of the signal."""
    with pytest.raises(SetupError, match="it was killed by SIGKILL"):
        start("kill -9 $$").wait_until_ready(lambda: None, within=5)


def test_process_that_is_never_ready_is_shown(start: Start) -> None:
    """A process that lives but is not ready in time is shown with its last words."""
    process = start(READY)
    first_line(process)

    with pytest.raises(SetupError, match=r"it runs, but is not ready. It said last:\n  \| ready"):
        process.wait_until_ready(lambda: None, within=0.05)


def test_unknown_program_is_a_setup_error(tmp_path: Path, reaper: Reaper) -> None:
    """A program that does not exist is one clear message."""
    with pytest.raises(SetupError, match="Expected: engine to be started as `inngest-nowhere dev`"):
        ManagedProcess.start(
            "engine", ["inngest-nowhere", "dev"], env={}, log_path=tmp_path / "engine.log", reaper=reaper
        )


def test_work_that_is_done_ends_the_wait(start: Start) -> None:
    """A process that does one thing and exits with 0 has done it."""
    process = start("echo done")

    process.wait_until_done(within=5)

    assert (process.returncode, process.log_tail()) == (0, "done")


@pytest.mark.parametrize(
    ("script", "within", "seen"),
    [("echo oh no; exit 2", 5, "it exited with code 2"), ("echo slow; exec sleep 60", 0.3, "it still runs")],
)
def test_work_that_is_not_done_is_shown(start: Start, script: str, within: float, seen: str) -> None:
    """A process that fails at the one thing it does, or takes too long, is shown with its last words."""
    with pytest.raises(SetupError, match=rf"shell to be done within {within:g} s.\nSeen: {seen}. It said last:\n  \| "):
        start(script).wait_until_done(within=within)


def test_log_tail_is_the_end_of_a_long_log(start: Start) -> None:
    """The tail has the last lines asked for, however long the log and whatever bytes are in it."""
    process = start(r"seq 100000; printf 'caf\351\nlast\n'; exec sleep 60")
    until(process.log_tail, lambda tail: tail.endswith("last"), within=5)

    assert process.log_tail(lines=3).splitlines() == ["100000", "caf\N{REPLACEMENT CHARACTER}", "last"]


def test_stop_lets_a_process_end_well(start: Start) -> None:
    """Stopping sends the stop signal and takes the exit code that the process chose."""
    process = start("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.02; done")
    first_line(process)

    process.stop()

    assert process.returncode == 0
    assert process.log_tail(lines=1) == "bye"


@pytest.mark.parametrize("end", [ManagedProcess.stop, ManagedProcess.kill])
def test_end_takes_descendants_along(start: Start, end: Callable[[ManagedProcess], None]) -> None:
    """Ending a process ends what it started, in another session too, and a second end does nothing."""
    process = start(SCATTERED)
    child = int(first_line(process))

    end(process)
    end(process)

    assert not process.alive
    assert not exists(child)


def test_deaf_process_is_killed_after_its_time(start: Start) -> None:
    """A process that ignores the request to end is killed when its time is over."""
    process = start("trap '' TERM; echo ready; while :; do sleep 0.02; done")
    first_line(process)

    process.stop(within=0.1)

    assert process.returncode == -signal.SIGKILL


def test_pause_silences_and_resume_continues(start: Start) -> None:
    """A paused process does nothing but lives, and goes on when resumed."""
    process = start("while :; do echo tick; sleep 0.01; done")
    first_line(process)

    process.pause()
    size = stays(lambda: process.log_path.stat().st_size, bool, during=0.1, promise="a log.")
    paused = stays(lambda: process.log_path.stat().st_size, size.__eq__, during=0.1, promise="silence while paused.")
    process.resume()

    assert until(lambda: process.log_path.stat().st_size > paused, within=2)
    assert process.alive


def test_paused_process_can_be_stopped(start: Start) -> None:
    """A paused process ends by the stop signal when it is stopped, not by SIGKILL after the whole time."""
    process = start(READY)
    process.pause()

    process.stop()

    assert process.returncode == -signal.SIGTERM
