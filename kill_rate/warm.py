"""A warm stack: what stays up from one dispatcher to the next.

Nothing that one dispatcher leaves may reach the next: runs that retry for ever, webhooks of the tenant `default`, an
app that registered once and now seems to have registered again. So Inngest restarts empty (0.3 s), and the database is
made anew (0.1 s) instead of emptied, since a fault may change tables, or hold them locked. Postgres itself and the
kernel, which keeps nothing, stay up.
"""

import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

from harness.redaction import Redactor
from harness.session import Session
from harness.settings import Settings
from harness.stack import Stack
from harness.targets import Target
from kill_rate.nursery import Nursery, NurseryPart


class WarmStack:
    """One stack, into which one dispatcher after the other is put.

    Args:
        settings: How its parts are had.
        target: What describes the dispatchers.
        artifacts: Folder of its logs.
        catalogue: The module of the dispatchers.
    """

    def __init__(self, settings: Settings, target: Target, artifacts: Path, *, catalogue: str) -> None:
        self._session = Session(replace(settings, artifacts=artifacts), target, Redactor(target.secrets))
        self.reaper = self._session.reaper
        self._catalogue = catalogue
        self._nursery = Nursery(catalogue, self.reaper)

    @property
    def folder(self) -> Path:
        """The folder by which a run of the suite finds the stack."""
        return self._session.folder

    def start(self) -> None:
        """Start all parts, the dispatcher as it should be among them.

        Raises:
            SetupError: A part can't be started.
        """
        self._session.start_stack()

    def put(self, dispatcher: str) -> None:
        """Put a dispatcher into the stack, which is as good as new then.

        Args:
            dispatcher: Its name in the catalogue.

        Raises:
            SetupError: It does not start.
        """
        stack = self._stack
        stack.empty()
        for log in self._session.logs.rglob("*.log"):
            log.write_bytes(b"")  # parts that stay up append to theirs
        stack.judge(f"{self._catalogue} {dispatcher}", partial(NurseryPart, self._nursery))

    def copy_logs(self, folder: Path) -> None:
        """Keep what the parts have said of the dispatcher that is in the stack."""
        shutil.copytree(self._session.logs, folder / "logs", dirs_exist_ok=True)

    def close(self) -> None:
        """Stop everything."""
        self._session.close()
        self._nursery.close()

    @property
    def _stack(self) -> Stack:
        if self._session.stack is None:
            message = "the stack was not started"
            raise RuntimeError(message)
        return self._session.stack
