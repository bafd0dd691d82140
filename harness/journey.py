"""The journey of one published event, and everything known of it.

*published → stored → run started → delivered → recorded*. Tests wait on a journey and ask it; a failure prints it.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness import hops
from harness.clients.inngest import LOOK_EVERY, InngestClient
from harness.clients.inngest_answers import Reply, Run
from harness.clients.rows import Delivery, Rows
from harness.clients.triggers import why_no_run
from harness.errors import UnmetError
from harness.hops import Hop
from harness.receiver.attempts import Attempt
from harness.receiver.receiver import Receiver
from harness.waiters import OutOfTimeError, until
from harness.webhooks import Webhook

ENDS_WITHIN = 10.0
"""Seconds for the dispatcher's run; it usually takes a fraction of one."""

SETTLES_WITHIN = 3.0
"""Seconds from the end of a run until its output and steps can be read; v1.43.0 takes a fraction of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where a journey looks.

    Attributes:
        slug: The dispatcher's function as Inngest names it, `<app>-<function>`.
        within: Scales the deadlines of journeys; by default they stay as they are.
    """

    inngest: InngestClient
    receiver: Receiver
    rows: Rows
    slug: str
    within: Callable[[float], float] = float


class Attempts(tuple[Attempt, ...]):
    """The attempts for one event at one webhook, in the order of arrival."""

    __slots__ = ()

    @property
    def statuses(self) -> list[int | None]:
        """What the receiver answered; None where it gave no answer."""
        return [attempt.status for attempt in self]


class Journey:
    """Follows one event.

    Args:
        event: What was published, with the sender's `id`.
        reply: What the event API answered.
        sources: Where to look.
        at: When it was published, seconds since the epoch.
    """

    def __init__(self, event: Mapping[str, Any], reply: Reply, sources: Sources, *, at: float) -> None:
        self.event = event
        self.reply = reply
        self.at = at
        self.sources = sources
        self._repeats: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The id under which deliveries and rows know the event: the sender's, else Inngest's own."""
        return str(self.event.get("id") or self.inngest_id)

    @property
    def inngest_id(self) -> str:
        """Inngest's id of the stored event; empty when it was refused."""
        return self.reply.ids[0] if self.reply.ids else ""

    @property
    def inngest_ids(self) -> tuple[str, ...]:
        """Inngest's ids of all publications under this id; any of them may be the one that started the run."""
        return (*self.reply.ids[:1], *self._repeats)

    def repeat(self, times: int = 1) -> None:
        """Publish the event again under the same id, several times in one request."""
        self._repeats += self.sources.inngest.send([self.event] * times).ids

    @property
    def title(self) -> str:
        """Name and id of the event."""
        return f"{self.event.get('name')} {self.id}"

    def __repr__(self) -> str:
        return f"<journey of {self.title}>"

    def within(self, seconds: float) -> float:
        """Return a deadline of `seconds`, scaled as all that a journey waits for."""
        return self.sources.within(seconds)

    def stored(self) -> dict[str, Any] | None:
        """Return the event as Inngest holds it."""
        return self.sources.inngest.event(self.inngest_id) if self.inngest_id else None

    def runs(self) -> tuple[Run, ...]:
        """Return the dispatcher's runs for this event."""
        runs = [run for each in self.inngest_ids for run in self.sources.inngest.runs_of(each)]
        return tuple(run for run in runs if run.slug == self.sources.slug)

    def starts(self, within: float = 5.0) -> Run:
        """Wait until the dispatcher's run has started and return it.

        Raises:
            UnmetError: No run came; the text says why, as far as the registration tells.
        """
        try:
            runs = until(self.runs, within=self.within(within), every=LOOK_EVERY)
        except OutOfTimeError:
            promise = f"a run of {self.sources.slug} for {self.title} within {self.within(within):g} s."
            raise self._unmet(promise, "run started", self._why_no_run()) from None
        return runs[0]

    def ends(self, within: float = ENDS_WITHIN) -> Run:
        """Wait until the dispatcher's run has ended and return it with its output and steps.

        Raises:
            UnmetError: It did not start, or did not end in time.
        """
        run = self.starts(within)
        try:
            runs = until(
                self.runs,
                lambda runs: runs and all(run.ended for run in runs),
                within=self.within(within),
                every=LOOK_EVERY,
            )
        except OutOfTimeError:
            promise = f"the run for {self.title} to end within {self.within(within):g} s."
            advice = f"look at run {run.id} in Inngest, and at the dispatcher's log."
            raise self._unmet(promise, "delivered", advice) from None
        return self.sources.inngest.settled_run(runs[0].id, within=self.within(SETTLES_WITHIN))

    def arrives(self, webhook: Webhook, *, times: int = 1, within: float = 10.0) -> Attempts:
        """Wait until `webhook` has been sent this event `times` times.

        Raises:
            UnmetError: Fewer attempts arrived.
        """
        arrived = self.sources.receiver.wait_for(
            lambda _: len(self.attempts(webhook)) >= times, within=self.within(within)
        )
        if not arrived:
            promise = f"{times} attempt(s) of {self.title} at webhook {webhook.id} within {self.within(within):g} s."
            advice = "see the run's output and the dispatcher's log; is the receiver reachable from there?"
            raise self._unmet(promise, "delivered", advice)
        return self.attempts(webhook)

    def attempts(self, webhook: Webhook) -> Attempts:
        """Return the attempts of this event at a webhook."""
        return Attempts(attempt for attempt in webhook.attempts if attempt.event_id == self.id)

    def rows(self, webhook: Webhook, *, count: int | None = None, within: float = 2.0) -> tuple[Delivery, ...]:
        """Return the rows of this event for a webhook.

        A row may be a moment late: waits until there are as many as `count` (default: as attempts arrived), and returns
        what there is when the time is over.
        """

        def complete(rows: tuple[Delivery, ...]) -> bool:
            wanted = len(self.attempts(webhook)) if count is None else count
            return len(rows) == wanted and not any(row.status == "retrying" for row in rows[-1:])

        try:
            return until(
                lambda: self.sources.rows.deliveries(event_id=self.id, webhook_id=webhook.id),
                complete,
                within=self.within(within),
                every=LOOK_EVERY,
            )
        except OutOfTimeError:
            return self.sources.rows.deliveries(event_id=self.id, webhook_id=webhook.id)

    def recorded(self) -> tuple[Delivery, ...]:
        """Return the rows of this event, whosever webhooks they are of."""
        return self.sources.rows.deliveries(event_id=self.id)

    def hops(self) -> Iterator[Hop]:
        """Look at every hop once, in order."""
        yield hops.published(self.reply, self.at)
        if self.inngest_id:
            yield hops.stored(self.stored(), self.inngest_id)
            yield hops.started([self.sources.inngest.run(run.id) for run in self.runs()], self.sources.slug)
        yield hops.delivered(self.arrivals(), self.at)
        yield hops.recorded(self.recorded())

    def arrivals(self) -> list[Attempt]:
        """Return the attempts of this event, whosever webhooks they are at."""
        return [attempt for attempt in self.sources.receiver.attempts() if attempt.event_id == self.id]

    def story(self) -> str:
        """Return the journey as text, one line a hop."""
        title = f"journey of {self.title}, tenant {(self.event.get('data') or {}).get('tenantId')}"
        return "\n".join([title, *(f"  {hop}" for hop in self.hops())])

    def broken_hop(self) -> str | None:
        """Return the first hop that is broken by itself, whatever was asserted."""
        return next((hop.name for hop in self.hops() if hop.good is False), None)

    def _why_no_run(self) -> str:
        return why_no_run(self.sources.inngest, self.sources.slug, str(self.event["name"]))

    def _unmet(self, promise: str, missed: str, advice: str) -> UnmetError:
        """Return the error of a journey that missed a hop; the hop that it broke at may be an earlier one."""
        found = list(self.hops())
        broken = next((hop.name for hop in found if hop.good is False), missed)
        last = next((place for place, hop in enumerate(found) if hop.name == broken), len(found))
        seen = ", ".join(" ".join(str(hop).split()) for hop in found[: last + 1])
        return UnmetError(promise, f"{seen}.", advice, hop=broken)


def publish(event: Mapping[str, Any], sources: Sources) -> Journey:
    """Publish one event and return its journey."""
    at = time.time()
    return Journey(event, sources.inngest.send(event), sources, at=at)


def publish_batch(events: Sequence[Mapping[str, Any]], sources: Sources) -> list[Journey]:
    """Publish several events in one request and return the journey of each."""
    at = time.time()
    reply = sources.inngest.send(list(events))
    ids = [*reply.ids, *[""] * len(events)]
    return [
        Journey(event, Reply(status=reply.status, ids=(each,) if each else (), error=reply.error), sources, at=at)
        for event, each in zip(events, ids, strict=False)
    ]


def follow(event: Mapping[str, Any], inngest_id: str, sources: Sources) -> Journey:
    """Return the journey of an event that somebody else published."""
    reply = Reply(status=200, ids=(inngest_id,) if inngest_id else (), error=None)
    return Journey(event, reply, sources, at=time.time())
