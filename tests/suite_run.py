"""A run of the suite as a user starts it, in an environment that is broken on purpose."""

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from harness.waiters import until

ROOT = Path(__file__).parents[1]
MARK = "BEEMA_VERIFY_TEST_RUN"
OVER_WITHIN = 60.0
VERIFY = ("pytest", "-m", "e2e", "-p", "no:cacheprovider")


class Suite:
    """One run of the suite in a process of its own.

    Args:
        folder: Becomes the folder of its temporary files and artifacts.
        program: The module that is run, with its first arguments.
        settings: Settings of the run, as environment.
    """

    def __init__(self, folder: Path, *arguments: str, program: Sequence[str] = VERIFY, **settings: str) -> None:
        self._mark = secrets.token_hex(8)
        self.temporary = folder / "tmp"
        self.temporary.mkdir(mode=0o755)
        self.artifacts = folder / "artifacts"
        self._output = folder / "output.txt"
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")},  # noqa: TID251 - handed on
            "TMPDIR": str(self.temporary),
            "ARTIFACTS": str(self.artifacts),
            "ENGINE": "embedded",  # whatever else this machine has
            MARK: self._mark,
            **settings,
        }
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *program, *arguments],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self._output.read_text(errors="replace")

    def prints(self, text: str) -> None:
        """Wait until the run has printed a text."""
        until(lambda: text in self.output or self._process.poll() is not None, within=OVER_WITHIN)
        assert text in self.output, self.output

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the run's own process."""
        self._process.send_signal(number)

    def code(self, within: float = OVER_WITHIN) -> int:
        """Wait until the run is over and return its exit code."""
        return self._process.wait(within)

    def leaves_nothing(self) -> None:
        """Check that no process and no directory of the run survives it; what ends it may need a moment."""
        until(lambda: not self.survivors(), within=10)
        until(lambda: not list(self.temporary.glob("beema-verify-*")), within=10)

    def survivors(self) -> list[str]:
        """Return the command lines of living processes that inherited the run's mark."""
        return [_command(process) for process in self._processes()]

    def kill(self, word: str) -> None:
        """SIGKILL every process of the run that has a word in its command line, and see that they are gone."""
        doomed = [process for process in self._processes() if word in _command(process)]
        assert doomed, self.survivors()
        for process in doomed:
            os.kill(int(process.name), signal.SIGKILL)
        until(lambda: not any(_command(process) for process in doomed), within=5)

    def _processes(self) -> list[Path]:
        mark = f"{MARK}={self._mark}".encode()
        return [process for process in Path("/proc").glob("[0-9]*") if mark in _environment(process)]

    def close(self) -> None:
        """End the run, should it still be going, as Ctrl-C would: a killed one would still be cleaning up."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait()


class RunSuite(Protocol):
    """Starts the suite with these arguments and settings."""

    def __call__(self, *arguments: str, **settings: str) -> Suite: ...


def _environment(process: Path) -> bytes:
    return _read(process / "environ")


def _command(process: Path) -> str:
    return _read(process / "cmdline").replace(b"\0", b" ").decode()


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:  # gone meanwhile
        return b""
