"""Follow a load until it is at rest: as long as anything moves it is given time, however slow the dispatcher is."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from harness.clients.inngest import InngestClient
from harness.clocks import earliest_stamp
from harness.waiters import OutOfTimeError, until
from load.arrivals import Arrivals
from load.outcome import Outcome
from load.reconciliation import Progress, Reconciliation

EVERY = 0.1
"""Seconds between two looks at the rows: so exactly is known when one was recorded."""

STALL, PATIENCE = 5.0, 20.0
"""Seconds without any progress after which it is asked whether anything is still at work, and for which it may be."""

QUIET = 0.3
"""The same where nothing is missing any more: a delivery that nobody needs would come in them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One event that was sent.

    Attributes:
        event_id: The sender's.
        inngest_id: Inngest's; empty if it did not accept the event.
        at: When it was sent, in seconds since the epoch.
    """

    event_id: str
    inngest_id: str
    at: float


class Following:
    """Follows the events of one load.

    Args:
        books: Where everything is entered.
        arrivals: What came to the receiver.
        inngest: Says which runs there are.
        slug: The dispatcher's function as Inngest names it.
        within: Scales the deadlines.
        retry: Seconds after which Inngest tries a failed step again.
    """

    def __init__(
        self,
        books: Reconciliation,
        arrivals: Arrivals,
        inngest: InngestClient,
        *,
        slug: str,
        within: Callable[[float], float],
        retry: float,
    ) -> None:
        self._books = books
        self._arrivals = arrivals
        self._inngest = inngest
        self._slug = slug
        self._within = within
        self._retry = retry

    def look(self) -> Progress:
        """Enter what is new and return how far the load has come."""
        now = time.time()
        self._books.deliver(self._arrivals.new())
        return self._books.look(now)

    def to_the_end(self, published: Sequence[Published], *, late_after: float) -> Outcome:
        """Wait until all is delivered and recorded, or nothing moves any more, and return what came of it."""
        accepted = [each for each in published if each.inngest_id]
        self._books.publish((each.event_id, each.at) for each in accepted)
        if accepted:
            self._rest(since=earliest_stamp(accepted[0].at))
        self._books.start(self._runs(accepted))
        totals = self._books.totals()
        return Outcome(
            events=totals["events"],
            refused=len(published) - len(accepted),
            webhooks=len(self._books.webhooks),
            deliveries=totals["deliveries"],
            retried=self._books.retried(),
            late=self._books.late(late_after),
            late_after=late_after,
            publishing=totals["publishing"] or 0.0,
            seconds=totals["seconds"] or 0.0,
            imbalances=self._books.imbalances(),
            latencies=self._books.latencies(),
        )

    def _rest(self, *, since: datetime) -> None:
        """Wait until nothing more can come: a stall ends it, if nothing is at work or a retry would long have come."""
        stalled, seen = 0.0, self.look()
        while stalled < self._within(STALL if seen.open == 0 else PATIENCE + self._retry):
            patience = QUIET if seen.open == 0 else self._within(STALL)
            try:
                seen, stalled = self._moved(seen, patience), 0.0
            except OutOfTimeError:
                if not self._inngest.at_work(since):
                    return
                stalled += patience

    def _moved(self, seen: Progress, patience: float) -> Progress:
        return until(self.look, lambda now: now != seen, within=patience, every=EVERY)

    def _runs(self, accepted: Sequence[Published]) -> list[tuple[str, float | None, bool]]:
        runs = self._inngest.runs_of_each([each.inngest_id for each in accepted])
        return [
            (each.event_id, run.started.timestamp() if run.started else None, run.ended)
            for each in accepted
            for run in runs[each.inngest_id]
            if run.slug == self._slug
        ]
