"""Containers that the suite starts: each logging to a file, on a port that it keeps, removed at the end."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from docker.errors import NotFound
from docker.models.containers import Container

from harness.containers import cleanup, starting
from harness.containers.connection import TO_ANSWER
from harness.containers.logs import LogFile
from harness.containers.starting import Blueprint
from harness.containers.trouble import TROUBLE, bounded, why
from harness.errors import SetupError
from harness.processes import ports, watching
from harness.processes.reaper import Reaper

T = TypeVar("T")

PORT_TAKEN = re.compile(r"port is already allocated|address already in use", re.IGNORECASE)
EVERY = 0.05
"""Seconds between two looks at a container that starts."""


class ManagedContainer:
    """A container and its log; once started it can be stopped, killed and started again with all that it wrote.

    Args:
        blueprint: What to start.
        session: The run that it is of.
        log_path: File that its output is appended to.
        reaper: Removes the container at the end, however this process dies.
        start: Creates a container and starts it.
    """

    def __init__(
        self,
        blueprint: Blueprint,
        *,
        session: str,
        log_path: Path,
        reaper: Reaper,
        start: Callable[[Blueprint, Mapping[str, str]], Container] = starting.start,
    ) -> None:
        self.name = blueprint.name
        self.log = LogFile(log_path)
        self._blueprint = blueprint
        self._session = session
        self._reaper = reaper
        self._start = start
        self._container: Container | None = None

    def start(self) -> None:
        """Start it, without waiting for it to be ready.

        Raises:
            SetupError: Its port is taken, or Docker refuses.
        """
        cleanup.see_to(self._session, self._reaper)
        try:
            if self._container is None:
                self._container = self._start(self._blueprint, cleanup.labels(self._session, self._reaper))
            else:
                self._container.start()
        except TROUBLE as error:
            raise self._refusal(why(error)) from None
        self.log.follow(self._container)

    def wait_until_ready(self, check: Callable[[], T | None], *, within: float) -> T:
        """Look until `check` returns a value, and return it.

        Raises:
            SetupError: The container exited, or the time passed; the message shows the last lines of its log.
        """
        return watching.until_ready(self.name, check, self.exited, within=within, log=self.log.path, every=EVERY)

    def exited(self) -> str | None:
        """Return how the container exited; None while it runs."""
        if self.log.follows:
            return None
        if self._container is None:
            return "it was never started"
        try:
            self._container.reload()
        except NotFound:
            return "its container was removed by somebody else"
        except TROUBLE as error:
            return f"its container can't be asked for, as Docker is gone: {why(error)}"
        return _manner_of_exit(self._container.attrs["State"])

    def stop(self, within: int = 5) -> None:
        """Ask the container to end, give it whole seconds of time, then end it; what it wrote is kept."""
        self._end("stopped", lambda container: container.stop(timeout=within), within + TO_ANSWER)

    def kill(self) -> None:
        """SIGKILL everything in the container, as a crash of its machine would; what it wrote is kept."""
        self._end("killed", lambda container: container.kill(), TO_ANSWER)

    def remove(self) -> None:
        """End the container and remove it with all that it wrote; the next start makes a new one."""
        self.kill()
        container, self._container = self._container, None
        if container is None:
            return
        try:
            bounded(lambda: container.remove(v=True, force=True), within=TO_ANSWER)
        except TROUBLE as error:
            raise self._refusal(why(error)) from None

    def _end(self, state: str, action: Callable[[Container], object], within: float) -> None:
        """End the container; when Docker is gone it is only noted, as whoever stops a thing may be closing up."""
        container = self._container
        if container is None or self.exited():
            return
        try:
            bounded(lambda: action(container), within=within)
        except TROUBLE as error:
            self.log.note(f"container {container.name} could not be {state}: {why(error)}")
        self.log.finish()

    def _refusal(self, reason: str) -> SetupError:
        wanted = self._blueprint
        if PORT_TAKEN.search(reason):
            return ports.taken(wanted.published, wanted.bind, self.name, wanted.setting)
        return SetupError(
            f"{self.name} to be started in a container of {wanted.image}.",
            f"Docker refused: {reason}.",
            f"try it: docker run --rm {' '.join([wanted.image, *wanted.command])}",
        )


def _manner_of_exit(state: Mapping[str, Any]) -> str | None:
    if state["Running"]:
        return None
    if state["OOMKilled"]:
        return f"it ran out of memory and was killed (exit code {state['ExitCode']})"
    return f"it exited with code {state['ExitCode']}"
