"""The preflight: before somebody's platform is judged, see that it is the one that is meant, and can be judged at all.

Each question is answered by a look or by a canary. Evidence that the environment is broken ends the run without a
verdict; where there is no evidence either way the stages judge, since it may be the dispatcher that is broken.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing

from harness.addresses import Addresses
from harness.clients.rows import Rows
from harness.preflight.absent import require_absent
from harness.preflight.app import look_at_app
from harness.preflight.canary import CANARY_WITHIN, Canary, send_canary
from harness.preflight.clocks import look_at_clocks
from harness.preflight.database import look_at_database
from harness.preflight.finding import Finding
from harness.preflight.inngest import look_at_inngest
from harness.receiver.placing import placed_receiver
from harness.settings import Settings
from harness.stack import Clients
from harness.tag import Tag
from harness.targets import Target


class Preflight:
    """One run's preflight.

    Args:
        settings: May give the platform more time, or name the receiver's host.
        target: The platform.
        addresses: Where its parts are.
        tag: What the run writes is known by it.
    """

    def __init__(self, settings: Settings, target: Target, addresses: Addresses, tag: Tag) -> None:
        self._settings = settings
        self._target = target
        self._addresses = addresses
        self._tag = tag
        self._findings: list[Finding] = []
        self._seconds = 0.0

    def look(self) -> None:
        """Look at every part, and write nothing.

        Raises:
            SetupError: The platform can't be judged as the target's file describes it.
        """
        started = time.monotonic()
        target, addresses = self._target, self._addresses
        with ExitStack() as opened:
            clients = opened.enter_context(closing(Clients.of(addresses)))
            self._findings += [look_at_inngest(clients.inngest, target), look_at_database(target)]
            rows = opened.enter_context(closing(Rows.of(addresses.dsn, target, self._tag)))
            self._findings += [look_at_app(clients, addresses, self._settings), look_at_clocks(clients, rows)]
            require_absent(target, clients, rows, self._tag)
        self._seconds += time.monotonic() - started

    def fly(self) -> None:
        """Send a canary; its webhook has the run's tag and stays until the run cleans up.

        Raises:
            SetupError: It shows that a verdict would say nothing of the platform, or would disturb other people.
        """
        started = time.monotonic()
        target, addresses = self._target, self._addresses
        with ExitStack() as opened:
            receiver = opened.enter_context(closing(placed_receiver(self._settings, target)))
            canary = Canary(
                target=target,
                addresses=addresses,
                clients=opened.enter_context(closing(Clients.of(addresses))),
                rows=opened.enter_context(closing(Rows.of(addresses.dsn, target, self._tag))),
                receiver=receiver.start(),
                tag=self._tag,
                within=self._settings.within(CANARY_WITHIN),
            )
            self._findings.append(send_canary(canary))
        self._seconds += time.monotonic() - started

    def lines(self) -> Iterator[str]:
        """Return what was found, for the header of the run."""
        yield f"preflight: {' '.join(map(str, self._findings))} ({self._seconds:.1f} s)"
        for finding in self._findings:
            if finding.note:
                yield f"preflight: {finding.note}"
