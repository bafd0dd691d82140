"""Starts the engines and the probe app as the processes they are."""

import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import httpx

from harness.processes.managed import ManagedProcess
from harness.processes.ports import free_port
from harness.processes.reaper import Reaper
from tests.unit.embedded_inngest.recordings import LOG

ROOT = Path(__file__).parents[3]
"""Folder from which modules are started by name."""

ENVIRONMENT = {"PYTHONUNBUFFERED": "1"}
"""All that a process is told beside what a test wants to tell it: what it does depends on its arguments."""

NOTHING: Mapping[str, str] = MappingProxyType({})

START = 10.0
"""Seconds for a process to answer, on a machine that is busy with other things."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A module that serves HTTP.

    Attributes:
        name: What it is called in messages and log files.
        arguments: Arguments of the Python interpreter, the module first (`-m module`).
        url: Where it will listen.
        health: Path that answers as soon as it is up.
    """

    name: str
    arguments: tuple[str, ...]
    url: str
    health: str

    def answers(self) -> bool | None:
        """Return True as soon as the program answers."""
        try:
            return httpx.get(self.url + self.health, trust_env=False).is_success or None
        except httpx.TransportError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Launcher:
    """Starts programs and ends them, whatever happens.

    Attributes:
        logs: Folder of the logs.
        reaper: Ends the processes should this one die.
    """

    logs: Path
    reaper: Reaper

    @contextmanager
    def running(self, *programs: Program) -> Iterator[list[ManagedProcess]]:
        """Run programs while the context lasts; they start beside each other and all answer when it is entered."""
        with ExitStack() as stack:
            processes = [self.start(program.name, program.arguments) for program in programs]
            for process in processes:
                stack.callback(process.stop)
            for process, program in zip(processes, programs, strict=True):
                process.wait_until_ready(program.answers, within=START)
            yield processes

    def start(
        self,
        name: str,
        arguments: tuple[str, ...],
        stop_signal: signal.Signals = signal.SIGTERM,
        environment: Mapping[str, str] = NOTHING,
    ) -> ManagedProcess:
        """Start the interpreter with arguments; the caller ends it."""
        return ManagedProcess.start(
            name,
            [sys.executable, *arguments],
            env={**ENVIRONMENT, **environment},
            log_path=self.logs / f"{name}.log",
            reaper=self.reaper,
            cwd=ROOT,
            stop_signal=stop_signal,
        )


def engine(name: str, *options: str, command: str = "dev") -> Program:
    """Describe an embedded engine on a free port of the loopback interface."""
    port = free_port()
    arguments = ("-m", "embedded_inngest", command, "--host", "127.0.0.1", "--port", str(port), *options)
    return Program(name=name, arguments=arguments, url=f"http://127.0.0.1:{port}", health="/health")


def probe(engine_url: str, *options: str, port: int) -> Program:
    """Describe the probe app, as a client of an engine."""
    arguments = ("-m", "tests.unit.embedded_inngest.probe_app", "--engine", engine_url, "--port", str(port), *options)
    return Program(name="probe", arguments=arguments, url=f"http://127.0.0.1:{port}", health=LOG)
