"""Publishing with Locust: by one process, by several on this machine, or by workers on others."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.addresses import Addresses
from harness.catalogue import EXAMPLES
from harness.processes.managed import ManagedProcess
from harness.processes.ports import LOOPBACK, free_port
from harness.processes.reaper import Reaper
from harness.services import ROOT, inherited
from harness.waiters import OutOfTimeError, until
from load.following import EVERY, Published
from load.settings import LoadSettings

LOCUSTFILE = Path(__file__).with_name("locustfile.py")
USERS = 10
"""How many requests one process has under way at most."""

PORT = 5557
"""Where workers of other machines find this one; Locust's own."""

FACTOR = 4
"""How many times longer than its rate says a load may take to be published."""

BURST = 100.0
"""Events a second that a burst has at least."""

START, REMOTE_START = 60.0, 600.0
"""Seconds for Locust to start, and for people to start its workers on other machines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publishing:
    """One load's publication.

    Attributes:
        addresses: Whose Inngest gets the events.
        tenant: Whose events they are.
        folder: Where the list of what was sent goes.
        log: Where Locust writes its log.
        reaper: Ends Locust should this process die.
    """

    settings: LoadSettings
    addresses: Addresses
    tenant: str
    folder: Path
    log: Path
    reaper: Reaper

    def publish(self, meanwhile: Callable[[], object]) -> list[Published]:
        """Publish everything and return what was sent, in the order of time.

        Args:
            meanwhile: Called again and again until all is sent.

        Raises:
            SetupError: Locust did not send it all.
        """
        file = self.folder / "published.jsonl"
        file.touch()
        process = ManagedProcess.start(
            "Locust",
            self._command(),
            env={**inherited(), **self._told(file)},
            log_path=self.log,
            reaper=self.reaper,
            cwd=ROOT,
        )
        try:
            until(lambda: meanwhile() and not process.alive, within=self._within(), every=EVERY)
            process.wait_until_done(within=EVERY)
        except OutOfTimeError:
            process.wait_until_done(within=EVERY)  # says that it still runs, and its last words
        finally:
            process.stop()
        sent = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        published = [Published(event_id=event_id, inngest_id=inngest_id, at=at) for event_id, inngest_id, at in sent]
        return sorted(published, key=lambda each: each.at)

    def _within(self) -> float:
        start = REMOTE_START if self.settings.remote_workers else START
        return start + FACTOR * self.settings.events / (self.settings.rate or BURST)

    def _command(self) -> list[str]:
        users = str(self._users)
        return [
            *(sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--headless", "--only-summary"),
            *("--host", self.addresses.engine, "--users", users, "--spawn-rate", users),
            *self._distribution(),
        ]

    def _distribution(self) -> tuple[str, ...]:
        if self.settings.remote_workers:
            return ("--master", "--expect-workers", str(self.settings.remote_workers), "--master-bind-port", str(PORT))
        if self.settings.workers == 1:
            return ()
        port = str(free_port())
        return (
            *("--processes", str(self.settings.workers), "--master-bind-host", LOOPBACK),
            *("--master-bind-port", port, "--master-port", port),
        )

    @property
    def _users(self) -> int:
        return min(self.settings.events, USERS * self.settings.publishers)

    def _told(self, file: Path) -> Mapping[str, str]:
        return {
            "LOAD_EVENTS": str(self.settings.events),
            "LOAD_PACE": str(self.settings.rate / self._users),
            "LOAD_DATA": json.dumps(EXAMPLES["policy/bound"] | {"tenantId": self.tenant}),
            "LOAD_PREFIX": f"evt-{self.tenant}",
            "LOAD_EVENT_KEY": self.addresses.event_key,
            "LOAD_WORKERS": str(self.settings.publishers),
            "LOAD_FILE": str(file),
        }
