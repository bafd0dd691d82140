"""Logs: what a container says, followed into a file from its first line to its last."""

from pathlib import Path
from threading import Thread

from docker.models.containers import Container

from harness.containers.trouble import TROUBLE, why

TO_FINISH = 3.0
"""Seconds that the last lines may take after the container has exited."""


class LogFile:
    """Follows a container into a file, over stops and starts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._thread: Thread | None = None
        self._written = 0

    @property
    def follows(self) -> bool:
        """Whether more may come: Docker ends the stream when the container exits."""
        return self._thread is not None and self._thread.is_alive()

    def follow(self, container: Container) -> None:
        """Begin to write what a container says; of one that was started again, only what is new."""
        self.path.touch()
        self._thread = Thread(target=self._follow, args=(container,), daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Wait for the last lines of a container that has exited."""
        if self._thread is not None:
            self._thread.join(TO_FINISH)

    def note(self, line: str) -> None:
        """Add a line of the suite's own."""
        with self.path.open("ab") as file:
            file.write(f"[beema-verify] {line}\n".encode())

    def _follow(self, container: Container) -> None:
        known = self._written  # Docker tells all from the first start on
        try:
            with self.path.open("ab", buffering=0) as file:
                for chunk in container.logs(stream=True, follow=True):
                    file.write(chunk[known:])
                    self._written += len(chunk[known:])
                    known = max(0, known - len(chunk))
        except TROUBLE as error:
            self.note(f"the log ends here: {why(error)}")
