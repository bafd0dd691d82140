"""Processes that the suite starts: each in its own session, logging to a file, ended with everything it started."""

import pwd
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, Self, TypeVar

from harness.errors import SetupError
from harness.processes import watching
from harness.processes.reaper import Reaper
from harness.processes.reaper_process import (
    ProcessStat,
    family,
    freeze,
    living,
    release_memory,
    signal_each,
    signal_group,
    start_time,
)
from harness.waiters import OutOfTimeError, until

T = TypeVar("T")

TO_DIE = 5.0
"""Seconds that the system may take to bury what SIGKILL has ended."""


class Child(Protocol):
    """A process that somebody started."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...
    def wait(self) -> object: ...


class ManagedProcess:
    """A process, its log and the group it leads."""

    def __init__(
        self,
        name: str,
        popen: Child,
        *,
        log_path: Path,
        reaper: Reaper,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.name = name
        self.log_path = log_path
        self._popen = popen
        self._started = start_time(popen.pid)
        self._reaper = reaper
        self._stop_signal = stop_signal
        self._ended = False

    @classmethod
    def start(
        cls,
        name: str,
        argv: Sequence[str | Path],
        *,
        env: Mapping[str, str],
        log_path: Path,
        reaper: Reaper,
        cwd: Path | None = None,
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> Self:
        """Start a process in its own session and register it with the reaper.

        Args:
            name: What messages call it, such as "dispatcher".
            argv: The command line; its program is looked up in the PATH of `env`.
            env: The whole environment of the process.
            log_path: File that its output is appended to.
            reaper: Ends the process should this one die.
            cwd: Working directory; ours by default.
            user: Name of the user to run as; only root can choose.
            stop_signal: What asks the process to end well.

        Raises:
            SetupError: The program can't be started.
        """
        try:
            popen = _spawn(argv, env=env, log_path=log_path, cwd=cwd, user=user)
        except OSError as error:
            raise SetupError(
                expected=f"{name} to be started as `{' '.join(map(str, argv))}`.",
                seen=f"the system refused: {error}.",
                next_step="check that the program exists and may be run by this user.",
            ) from error
        reaper.process(popen.pid, stop_signal)
        return cls(name, popen, log_path=log_path, reaper=reaper, stop_signal=stop_signal)

    @property
    def pid(self) -> int:
        """The pid of the process, which is also the id of its group."""
        return self._popen.pid

    @property
    def returncode(self) -> int | None:
        """The exit code, negative for a signal; None while the process lives."""
        return self._popen.poll()

    @property
    def alive(self) -> bool:
        return self.returncode is None

    def log_tail(self, lines: int = 15) -> str:
        """Return the last lines of the log."""
        return watching.tail(self.log_path, lines)

    def wait_until_ready(self, check: Callable[[], T | None], *, within: float, state: str = "ready") -> T:
        """Look until `check` returns a value, and return it.

        Args:
            check: Returns a value as soon as it is ready.
            within: Seconds to wait at most.
            state: What it is then, for messages.

        Raises:
            SetupError: The process exited, or the time passed; the message shows the last lines of the log.
        """
        return watching.until_ready(
            self.name, check, self._manner_of_exit, within=within, log=self.log_path, state=state
        )

    def wait_until_done(self, *, within: float) -> None:
        """Wait until a process that does one thing has done it.

        Raises:
            SetupError: It failed, or the time passed; the message shows the last lines of the log.
        """
        try:
            manner = until(self._manner_of_exit, within=within)
        except OutOfTimeError:
            raise self._not_done("it still runs", within) from None
        if self.returncode:
            raise self._not_done(f"{manner}", within)
        self.stop()

    def _not_done(self, seen: str, within: float) -> SetupError:
        return watching.failure(self.name, "done", seen, within=within, log=self.log_path)

    def _manner_of_exit(self) -> str | None:
        code = self.returncode
        if code is None:
            return None
        return f"it was killed by {signal.Signals(-code).name}" if code < 0 else f"it exited with code {code}"

    def stop(self, within: float = 5) -> None:
        """Ask the process to end, give it time, and kill what is left of it and of what it started."""
        if self._ended:
            return
        members = family(self.pid)
        signal_group(self.pid, self._stop_signal)
        self.resume()  # a paused process would never see the request
        try:
            until(lambda: not self.alive, within=within)
        except OutOfTimeError:
            members += freeze(self.pid)
        self._end(members)

    def kill(self) -> None:
        """SIGKILL the process and everything it started, as a crash of its machine would."""
        if not self._ended:
            self._end(freeze(self.pid))

    def _end(self, members: list[ProcessStat]) -> None:
        signal_group(self.pid, signal.SIGKILL)
        signal_each(members, signal.SIGKILL)
        self._popen.wait()
        until(lambda: not living(members) and not family(self.pid), within=TO_DIE)  # some are born while others die
        release_memory({self.pid: self._started} | {member.pid: member.started for member in members})
        self._reaper.forget_process(self.pid)
        self._ended = True

    def pause(self) -> None:
        """Stop the process and everything it started in their tracks: alive, connected and silent."""
        freeze(self.pid)

    def resume(self) -> None:
        """Let everything go on that `pause` stopped."""
        signal_group(self.pid, signal.SIGCONT)
        signal_each(family(self.pid), signal.SIGCONT)


def _spawn(
    argv: Sequence[str | Path], *, env: Mapping[str, str], log_path: Path, cwd: Path | None, user: str | None
) -> subprocess.Popen[bytes]:
    account = pwd.getpwnam(user) if user else None
    with log_path.open("ab") as log:
        return subprocess.Popen(
            argv,
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=account and account.pw_uid,
            group=account and account.pw_gid,
            extra_groups=[] if account else None,
        )
