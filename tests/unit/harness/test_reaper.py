"""The reaper: nothing outlives its owner."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.errors import SetupError
from harness.processes import reaper_process
from harness.processes.reaper import Reaper
from harness.waiters import stays, until
from tests.unit.harness.owners import exists, owner

OWNER = """
import subprocess, sys
from pathlib import Path
from harness.processes.reaper import Reaper
reaper = Reaper()
directory = Path(sys.argv[1])
child = subprocess.Popen(["sh", "-c", sys.argv[2]], start_new_session=True, stdout=subprocess.PIPE, text=True)
reaper.process(child.pid)
reaper.directory(directory)
print(child.pid, reaper.pid, child.stdout.readline().strip(), flush=True)
"""
OBEDIENT = "echo $$; exec sleep 60"
DEAF = "trap '' TERM; echo $$; sleep 60"
SCATTERED = "setsid sleep 60 & echo $!; exec sleep 60"
"""Starts a grandchild in a session of its own, where signals to the group do not reach it."""

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a process that leads its own group."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*argv: str) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen(argv, start_new_session=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    """Return a directory with something in it."""
    directory = tmp_path / "with a space, ünd more"
    directory.mkdir()
    (directory / "file").write_text("precious")
    return directory


@pytest.mark.parametrize("child", [OBEDIENT, DEAF, SCATTERED])
def test_killed_owner_leaves_nothing(precious: Path, child: str) -> None:
    """A SIGKILLed owner leaves no process, be it deaf or in another session, no directory and no reaper."""
    with owner(OWNER, precious, child) as (process, [leader, reaper, descendant]):
        process.kill()
        gone = until(lambda: not any(exists(int(pid)) for pid in (leader, reaper, descendant)), within=8)

    assert gone
    assert not precious.exists()


def test_killed_owner_has_its_commands_run(tmp_path: Path) -> None:
    """What an owner registered as a command is run after its SIGKILL, once its processes have ended, and only once."""
    script = """
import subprocess, sys
from pathlib import Path
from harness.processes.reaper import Reaper
reaper, folder = Reaper(), Path(sys.argv[1])
child = subprocess.Popen(["sleep", "60"], start_new_session=True)
reaper.process(child.pid)
living = f"ps -p {child.pid} -o stat= | grep -v Z"
for _ in range(2):
    reaper.command(["sh", "-c", f"{living} >> state; echo run >> state"], cwd=folder)
print(reaper.pid, flush=True)
"""
    with owner(script, tmp_path) as (process, [reaper]):
        process.kill()
        until(lambda: not exists(int(reaper)), within=8)

    assert (tmp_path / "state").read_text().split() == ["run"]


def test_command_that_fails_spares_the_others(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A command that can't be run is told, and keeps no other from its turn."""
    with Reaper() as reaper:
        reaper.command(["beema-nowhere"], cwd=tmp_path)
        reaper.command(["sh", "-c", "touch done"], cwd=tmp_path)
        reaper.command(["sh", "-c", "touch forgotten"], cwd=tmp_path)
        reaper.forget_command(["sh", "-c", "touch forgotten"], cwd=tmp_path)

    assert [each.name for each in tmp_path.iterdir()] == ["done"]
    assert "not cleaned up" in capfd.readouterr().err


def test_command_that_hangs_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A command that does not end is ended when its time is over, and told."""
    monkeypatch.setattr(reaper_process, "FOR_A_COMMAND", 0.1)

    reaper_process.carry_out({"argv": ["sleep", "60"], "cwd": str(tmp_path)})

    assert "timed out" in capsys.readouterr().err


def test_interrupted_owner_leaves_nothing(precious: Path) -> None:
    """Ctrl-C at the owner's terminal ends what it started and spares the reaper until that is done."""
    with owner(OWNER, precious, OBEDIENT) as (process, [leader, *_]):
        os.killpg(process.pid, signal.SIGINT)
        gone = until(lambda: not exists(int(leader)) and not precious.exists(), within=5)

    assert gone


def test_close_cleans_up_at_once(start: Start, precious: Path) -> None:
    """Closing ends and removes what is registered before it returns, and a second close does nothing."""
    reaper, process = Reaper(), start("sleep", "60")
    reaper.process(process.pid)
    reaper.directory(precious)

    reaper.close()
    reaper.close()

    assert not exists(process.pid)
    assert not precious.exists()


def test_stop_signal_is_the_registered_one(start: Start) -> None:
    """A process is asked to end by the signal that was registered for it."""
    process = start("sleep", "60")
    with Reaper() as reaper:
        reaper.process(process.pid, signal.SIGINT)

    assert process.wait() == -signal.SIGINT


def test_stopped_process_is_ended(start: Start) -> None:
    """A process that a test paused before the crash sees the request to end."""
    process = start("sleep", "60")
    with Reaper() as reaper:
        reaper.process(process.pid)
        process.send_signal(signal.SIGSTOP)

    assert process.wait() == -signal.SIGTERM


def test_forgotten_things_are_spared(start: Start, precious: Path) -> None:
    """What was forgotten is neither ended nor removed."""
    process = start("sleep", "60")
    with Reaper() as reaper:
        reaper.process(process.pid)
        reaper.directory(precious)
        reaper.forget_process(process.pid)
        reaper.forget_directory(precious)

    assert stays(lambda: exists(process.pid), bool, during=0.1, promise="the process to be spared.")
    assert precious.exists()


def test_reused_pid_is_spared(start: Start) -> None:
    """A process that got the pid of a registered one is left alone."""
    process = start("sleep", "60")
    estate = reaper_process.Estate()
    estate.hear(f"process {process.pid} {reaper_process.start_time(process.pid) - 1} {int(signal.SIGKILL)}\n")

    estate.settle()

    assert stays(lambda: exists(process.pid), bool, during=0.1, promise="the process to be spared.")


@pytest.mark.parametrize("path", [Path("relative"), Path("/"), Path("/tmp/a\nforget directory /tmp/b")])  # noqa: S108 - never touched
def test_dangerous_directory_is_refused(reaper: Reaper, path: Path) -> None:
    """A directory that could not be meant, or would read as two lines, is not registered."""
    with pytest.raises(ValueError, match="only an absolute directory"):
        reaper.directory(path)


def test_dead_reaper_is_an_error(reaper: Reaper) -> None:
    """Registering with a reaper that was killed says so, instead of leaving things behind later."""
    os.kill(reaper.pid, signal.SIGKILL)
    until(lambda: not exists(reaper.pid), within=2)

    with pytest.raises(SetupError, match="nothing would clean up"):
        reaper.process(1)
