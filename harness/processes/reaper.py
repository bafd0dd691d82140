"""The reaper: whatever is registered with it does not outlive this process, however this process dies.

The idea is Testcontainers' Ryuk, for processes and directories, and for whatever a command can remove: a second, tiny
process (`reaper_process`) holds the other end of a pipe, and the kernel closes our end in every case, SIGKILL included.
"""

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Self, cast

from harness.errors import SetupError
from harness.processes import reaper_process


class Reaper:
    """The owner's side: register what must not be left behind, forget what is gone, close at the end."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", reaper_process.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C reaches the owner's process group only
            cwd="/",
            bufsize=0,  # a line is told when it is written: nothing waits in a buffer that dies with us
        )
        self._pipe = cast("IO[bytes]", self._process.stdin)

    @property
    def pid(self) -> int:
        """The pid of the reaper's own process."""
        return self._process.pid

    def process(self, pid: int, stop_signal: signal.Signals = signal.SIGTERM) -> None:
        """Register the leader of a process group; `stop_signal` asks it to end before SIGKILL does."""
        self._tell(f"process {pid} {reaper_process.start_time(pid)} {stop_signal.value}")

    def directory(self, path: Path) -> None:
        """Register a directory to be removed with all that is in it."""
        if not path.is_absolute() or path == Path(path.anchor) or "\n" in str(path):
            message = f"only an absolute directory below the root can be registered, not {str(path)!r}"
            raise ValueError(message)
        self._tell(f"directory {path}")

    def command(self, argv: Sequence[str], *, cwd: Path) -> None:
        """Register a command that removes what is neither process nor directory; twice the same is run once."""
        self._tell(f"command {_order(argv, cwd)}")

    def forget_process(self, pid: int) -> None:
        """Take a process off the list, since it has been ended."""
        if not self._pipe.closed:
            self._tell(f"forget process {pid}")

    def forget_directory(self, path: Path) -> None:
        """Take a directory off the list, since it has been removed."""
        if not self._pipe.closed:
            self._tell(f"forget directory {path}")

    def forget_command(self, argv: Sequence[str], *, cwd: Path) -> None:
        """Take a command off the list, since what it would remove has been removed."""
        if not self._pipe.closed:
            self._tell(f"forget command {_order(argv, cwd)}")

    def close(self) -> None:
        """Have everything that is still registered ended and removed, and return when that is done."""
        self._pipe.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        try:
            self._pipe.write(f"{line}\n".encode())  # less than PIPE_BUF: lines of two threads do not mix
        except (BrokenPipeError, ValueError):
            raise SetupError(
                expected=f"the reaper (pid {self.pid}) to live as long as what it watches.",
                seen="it has ended, so nothing would clean up after a crash.",
                next_step="find out who killed it, or who used it after close().",
            ) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _order(argv: Sequence[str], cwd: Path) -> str:
    return json.dumps({"argv": [*argv], "cwd": str(cwd)})
