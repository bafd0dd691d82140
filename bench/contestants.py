"""The engines that are measured, and where they are started and ended."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from harness.clients.http import Http
from harness.engines.binary import find_binary
from harness.processes.managed import ManagedProcess
from harness.processes.ports import LOOPBACK, free_port
from harness.processes.reaper import Reaper

ROOT = Path(__file__).parent.parent
EMBEDDED, KEEPING, REAL = "embedded", "--persist", "inngest"
"""Names of the contestants: the embedded engine, the same when it keeps what it knows, and the real server."""

_FLAGS = ("--no-discovery", "--no-poll", "--host", LOOPBACK)
_READY_WITHIN = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much of a contestant is measured.

    Attributes:
        starts: How often it is started, to see how long that takes.
        calls: Events that are published one after the other to an app that is idle.
        backlogs: Runs that are waiting at once, and how often so many are.
        finished: Finished runs whose memory is looked at; 0 for those of the backlogs.
        deliveries: Events that are published one after the other to the reference dispatcher.
        sdk_runs: Runs that are waiting at once for an app that has the SDK.
    """

    starts: int = 3
    calls: int = 100
    backlogs: Mapping[int, int] = field(default_factory=dict)
    finished: int = 0
    deliveries: int = 0
    sdk_runs: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """An engine, as the command that starts it, and what is measured of it."""

    name: str
    command: tuple[str, ...]
    plan: Plan
    ports: tuple[str, ...] = ()

    def on(self, port: int) -> list[str]:
        """Return the command that has it listen on a port; each further flag for a port gets a free one."""
        further = [word for flag in self.ports for word in (flag, str(free_port()))]
        return [*self.command, *_FLAGS, *further, "--port", str(port)]


def contestants(plans: Mapping[str, Plan], folder: Path, inngest_bin: str | None) -> Iterator[Contestant]:
    """Yield the embedded engine, without and with a store, and the executable beside it if there is one."""
    command = (sys.executable, "-m", "embedded_inngest", "dev")
    keeping = ("--persist", "--sqlite-dir", str(folder / "store"))
    yield Contestant(name=EMBEDDED, command=command, plan=plans[EMBEDDED])
    yield Contestant(name=KEEPING, command=(*command, *keeping), plan=plans[KEEPING])
    if inngest_bin and (real := find_binary(inngest_bin)):
        yield Contestant(name=REAL, command=(*real.command, "dev"), plan=plans[REAL], ports=tuple(real.port_flags))


class Hall:
    """Where contestants and apps are started and ended.

    Args:
        folder: For their logs, and for whatever they write.
        reaper: Ends them should this process die.
    """

    def __init__(self, folder: Path, reaper: Reaper) -> None:
        self._folder = folder
        self._reaper = reaper

    def start_up(self, contestant: Contestant) -> float:
        """Return the seconds that a contestant needs from its start until it answers."""
        started = time.monotonic()
        with self.engine(contestant):
            return time.monotonic() - started

    @contextmanager
    def engine(self, contestant: Contestant) -> Iterator[tuple[ManagedProcess, str]]:
        """Run a contestant; yield it with its URL when it answers."""
        port = free_port()
        with self._running(contestant.name, contestant.on(port), port=port, health="/health") as process:
            yield process, f"http://{LOOPBACK}:{port}"

    @contextmanager
    def app(self, module: str, *arguments: str) -> Iterator[tuple[ManagedProcess, str]]:
        """Run an app; yield it with its URL when it answers."""
        port = free_port()
        command = [sys.executable, "-m", module, *arguments, "--port", str(port)]
        with self._running(module, command, port=port, health="/finished") as process:
            yield process, f"http://{LOOPBACK}:{port}"

    @contextmanager
    def _running(self, name: str, command: list[str], *, port: int, health: str) -> Iterator[ManagedProcess]:
        process = ManagedProcess.start(
            name,
            command,
            env={"HOME": str(self._folder)},
            log_path=self._folder / f"{name.lstrip('-')}.log",
            reaper=self._reaper,
            cwd=ROOT,
        )
        try:
            with closing(Http(name, f"http://{LOOPBACK}:{port}")) as http:
                process.wait_until_ready(lambda: http.answers(health) or None, within=_READY_WITHIN)
            yield process
        finally:
            process.stop()
