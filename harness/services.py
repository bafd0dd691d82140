"""Services: the parts of a stack that run as processes and can be stopped and restarted one by one."""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from harness.clients.http import Http
from harness.errors import SetupError
from harness.processes.managed import ManagedProcess
from harness.processes.ports import LOOPBACK
from harness.processes.reaper import Reaper

ROOT = Path(__file__).parent.parent
"""Folder from which modules are started by name."""


class Part(Protocol):
    """One part of a stack, however it is had.

    Attributes:
        name: What messages and log files call it.
        url: Where it listens, as seen from here.
    """

    name: str
    url: str

    def launch(self) -> None:
        """Start it without waiting for it."""

    def wait(self) -> None:
        """Wait until it answers.

        Raises:
            SetupError: It exited or does not answer; the text has its exit code and the last lines of its log.
        """

    def start(self) -> None:
        """Start it and wait until it answers."""

    def stop(self) -> None:
        """Ask it to end, and see that it does."""

    def kill(self) -> None:
        """End it and everything it started with SIGKILL, as a crash would."""

    def restart(self) -> None:
        """Stop, then start on the same address; what it held in memory is gone."""

    def clear(self) -> None:
        """Stop it and remove all that it stored; start it again to have it empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a part stands on.

    Attributes:
        logs: Folder for one log a part.
        folder: Folder for whatever else it writes; gone at the end of the run.
        reaper: Cleans up should this process die.
        within: Seconds that the part may take to start.
    """

    logs: Path
    folder: Path
    reaper: Reaper
    within: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What is needed to start a part as a process: a description, no process yet.

    Attributes:
        name: What the part is called in messages and log files.
        command: Its command line.
        url: Where it will listen.
        health: Path that answers as soon as it is up.
        directory: Where it runs.
        environment: What the process is told beside our own environment.
        store: Folder of what it keeps over a restart, if it keeps anything.
    """

    name: str
    command: Sequence[str]
    url: str
    health: str
    directory: Path = ROOT
    environment: Mapping[str, str] = field(default_factory=dict)
    store: Path | None = None


class ProcessPart:
    """A service that runs as a process."""

    def __init__(self, service: Service, ground: Ground) -> None:
        self.name = service.name
        self.url = service.url
        self._service = service
        self._ground = ground
        self._process: ManagedProcess | None = None

    def launch(self) -> None:
        """Start the process without waiting for it."""
        self._process = self.spawned()

    def spawned(self) -> ManagedProcess:
        """Return the process, just started."""
        return ManagedProcess.start(
            self.name,
            self._service.command,
            env={**inherited(), **self._service.environment},
            log_path=self._ground.logs / f"{self.name}.log",
            reaper=self._ground.reaper,
            cwd=self._service.directory,
        )

    def wait(self) -> None:
        """Wait until the service answers.

        Raises:
            SetupError: It exited or does not answer; the text has the last lines of its log.
        """
        with closing(Http(self.name, self.url)) as http:
            self._running().wait_until_ready(
                lambda: http.answers(self._service.health) or None,
                within=self._ground.within,
                state=f"ready at {self.url}{self._service.health}",
            )

    def start(self) -> None:
        """Start the process and wait until it answers."""
        self.launch()
        self.wait()

    def stop(self) -> None:
        """Ask the process to end, and see that it does."""
        if self._process is not None:
            self._process.stop()

    def kill(self) -> None:
        """End the process and everything it started with SIGKILL, as a crash would."""
        if self._process is not None:
            self._process.kill()

    def restart(self) -> None:
        """Stop, then start on the same address; what it held in memory is gone."""
        self.stop()
        self.start()

    def clear(self) -> None:
        """Stop the process and remove all that it stored."""
        self.stop()
        if self._service.store is not None:
            shutil.rmtree(self._service.store, ignore_errors=True)

    def _running(self) -> ManagedProcess:
        if self._process is None:
            raise SetupError(f"{self.name} to be started.", "it never was.", "start it first.")
        return self._process


def module_service(
    module: str,
    *arguments: str,
    name: str,
    port: int,
    health: str,
    host: str = LOOPBACK,
    environment: Mapping[str, str] | None = None,
) -> Service:
    """Describe a Python module that takes `--host` and `--port`."""
    command = [sys.executable, "-m", module, *arguments, "--host", host, "--port", str(port)]
    url = f"http://{host}:{port}"
    return Service(name=name, command=command, environment=environment or {}, url=url, health=health)


def inherited() -> dict[str, str]:
    """Return our environment without what would steer a service: only the stack tells it where the others are."""
    steering = ("INNGEST_", "DATABASE_URL", "HOST", "PORT", "WEBHOOK_", "SERVE_", "PYTEST_")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(steering)}  # noqa: TID251 - handed on, not read
    return kept | {"PYTHONUNBUFFERED": "1"}
