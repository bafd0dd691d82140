"""Services: the parts of a stack that run as processes and can be stopped and restarted one by one."""

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from harness.clients.http import Http
from harness.errors import SetupError
from harness.processes.managed import ManagedProcess
from harness.processes.reaper import Reaper

ROOT = Path(__file__).parent.parent
"""Folder from which modules are started by name."""

LOOPBACK = "127.0.0.1"
"""Where everything that the suite starts listens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What is needed to start a part: a description, no process yet.

    Attributes:
        name: What the part is called in messages and log files.
        arguments: Arguments of the Python interpreter, the module first (`-m module`).
        environment: What the process is told beside our own environment.
        url: Where it will listen.
        health: Path that answers as soon as it is up.
    """

    name: str
    arguments: Sequence[str]
    url: str
    health: str
    environment: Mapping[str, str] = field(default_factory=dict)


class Part:
    """A running service."""

    def __init__(self, service: Service, *, logs: Path, reaper: Reaper, within: float) -> None:
        self.service = service
        self.log = logs / f"{service.name}.log"
        self._reaper = reaper
        self._within = within
        self._process: ManagedProcess | None = None

    @property
    def url(self) -> str:
        return self.service.url

    def launch(self) -> None:
        """Start the process without waiting for it."""
        self._process = ManagedProcess.start(
            self.service.name,
            [sys.executable, *self.service.arguments],
            env={**_inherited(), **self.service.environment},
            log_path=self.log,
            reaper=self._reaper,
            cwd=ROOT,
        )

    def wait(self) -> None:
        """Wait until the service answers.

        Raises:
            SetupError: It exited or does not answer; the text has the last lines of its log.
        """
        with closing(Http(self.service.name, self.service.url)) as http:
            self._running().wait_until_ready(lambda: http.answers(self.service.health) or None, within=self._within)

    def start(self) -> None:
        """Start the process and wait until it answers."""
        self.launch()
        self.wait()

    def stop(self) -> None:
        """Ask the process to end, and see that it does."""
        if self._process is not None:
            self._process.stop()

    def restart(self) -> None:
        """Stop, then start on the same address; what it held in memory is gone."""
        self.stop()
        self.start()

    def _running(self) -> ManagedProcess:
        if self._process is None:
            raise SetupError(f"{self.service.name} to be started.", "it never was.", "start it first.")
        return self._process


def module_service(
    module: str, *arguments: str, name: str, port: int, health: str, environment: Mapping[str, str] | None = None
) -> Service:
    """Describe a Python module that takes `--host` and `--port`."""
    command = ["-m", module, *arguments, "--host", LOOPBACK, "--port", str(port)]
    url = f"http://{LOOPBACK}:{port}"
    return Service(name=name, arguments=command, environment=environment or {}, url=url, health=health)


def _inherited() -> dict[str, str]:
    """Return our environment without what would steer a service: only the stack tells it where the others are."""
    steering = ("INNGEST_", "DATABASE_URL", "PORT", "WEBHOOK_", "SERVE_", "PYTEST_")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(steering)}  # noqa: TID251 - handed on, not read
    return kept | {"PYTHONUNBUFFERED": "1"}
