"""Dispatchers from the catalogue's nursery: they start in a moment, and are parts of a stack like any other."""

import json
import subprocess
import sys
from threading import Lock
from typing import Any

from harness.errors import SetupError
from harness.processes.managed import ManagedProcess
from harness.processes.reaper import Reaper
from harness.services import ROOT, Ground, ProcessPart, Service, inherited
from harness.waiters import until

COMMAND = ("python", "-m", "catalogue")
"""What the command of a dispatcher begins with; the nursery is that already."""

TO_DIE = 10.0
"""Seconds that a dispatcher may take to be gone after SIGKILL."""


class Nursery:
    """The catalogue as a process that forks.

    Args:
        catalogue: Its module.
        reaper: Ends it should this process die.
    """

    def __init__(self, catalogue: str, reaper: Reaper) -> None:
        self._lock = Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", catalogue, "--nursery"],
            cwd=ROOT,
            env=inherited(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        reaper.process(self._process.pid)

    def ask(self, **question: Any) -> int | None:
        """Ask it for something.

        Raises:
            SetupError: It is gone.
        """
        process = self._process
        assert process.stdin  # noqa: S101 - it is a pipe
        assert process.stdout  # noqa: S101 - as above
        with self._lock:
            process.stdin.write(f"{json.dumps(question)}\n".encode())
            process.stdin.flush()
            line = process.stdout.readline()
        if not line:
            raise SetupError("the catalogue to start a dispatcher.", "it has ended.", "see what it printed.")
        return json.loads(line)  # type: ignore[no-any-return] # a pid, a code or null

    def close(self) -> None:
        """End it."""
        self._process.communicate()


class Newborn:
    """A process of the nursery, as its own parent would see it."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self.pid = pid
        self._nursery = nursery
        self._code: int | None = None

    def poll(self) -> int | None:
        """Return its exit code; None while it runs."""
        if self._code is None:
            self._code = self._nursery.ask(poll=self.pid)
        return self._code

    def wait(self) -> None:
        """Wait until it is gone."""
        until(lambda: self.poll() is not None, within=TO_DIE)


class NurseryPart(ProcessPart):
    """A service that is forked, in place of started by its command.

    Args:
        nursery: Forks it.
        service: What it is.
        ground: What it stands on.
    """

    def __init__(self, nursery: Nursery, service: Service, ground: Ground) -> None:
        super().__init__(service, ground)
        self._nursery = nursery

    def spawned(self) -> ManagedProcess:
        """Have it forked."""
        log, service = self._ground.logs / f"{self.name}.log", self._service
        arguments = [*service.command][len(COMMAND) :]
        pid = self._nursery.ask(
            start=arguments, environment={**inherited(), **service.environment}, log=str(log.absolute())
        )
        newborn = Newborn(self._nursery, pid or 0)
        self._ground.reaper.process(newborn.pid)
        return ManagedProcess(self.name, newborn, log_path=log, reaper=self._ground.reaper)
