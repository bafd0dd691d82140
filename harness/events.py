"""What Inngest makes of an event, waited for: it stores events and starts runs a moment after it accepted them."""

from collections.abc import Callable, Iterable
from typing import Any

from harness.clients.inngest import LOOK_EVERY, InngestClient
from harness.clients.inngest_answers import Run
from harness.errors import Inconclusive, UnmetError
from harness.journey import Journey
from harness.waiters import OutOfTimeError, until

Event = dict[str, Any]

STORED_WITHIN = 3.0
"""Seconds from an event's acceptance until it can be read; it usually takes a few milliseconds."""


def stored_event(journey: Journey, *, within: float) -> Event:
    """Wait until an event can be read by the id that its publication returned, and return it as Inngest holds it.

    Raises:
        UnmetError: It was accepted and is not there.
    """
    promise = f"{journey.event['name']} {journey.id} to be readable as {journey.inngest_id or 'its returned id'}"
    seen = f"Inngest answered {journey.reply.status}, and holds no such event."
    return _found(journey.stored, promise, seen, within, hop="stored")


def event_of(inngest: InngestClient, event_id: str, *, names: Iterable[str], within: float) -> Event:
    """Wait until Inngest holds an event under an id, be it the sender's or Inngest's own, and return it.

    Raises:
        UnmetError: No event of those names has that id.
    """
    wanted = ", ".join(names)
    promise = f"a stored event ({wanted}) with the id {event_id!r}"

    def read() -> Event | None:
        found = (_newest(inngest, name, lambda event: event_id in _ids(event)) for name in names)
        return next(filter(None, found), None)

    return _found(read, promise, "none of the newest events of that name has it.", within, hop="published")


def ended_runs(inngest: InngestClient, inngest_id: str, *, at_least: int = 0, within: float) -> tuple[Run, ...]:
    """Wait until every run that an event started, of whatever function, has ended, and there are enough of them.

    Raises:
        Inconclusive: One goes on, or is missing.
    """
    try:
        return until(
            lambda: inngest.runs_of(inngest_id),
            lambda runs: len(runs) >= at_least and all(run.ended for run in runs),
            within=within,
            every=LOOK_EVERY,
        )
    except OutOfTimeError as error:
        raise Inconclusive(
            f"every run of event {inngest_id} to end within {within:g} s.",
            f"{error.last or 'no run'}.",
            "see what they wait for.",
        ) from None


def require_forgotten(inngest: InngestClient, event_id: str) -> None:
    """Make sure that Inngest's store was emptied.

    Raises:
        Inconclusive: It was kept, so that it may just remember the function.
    """
    if inngest.event(event_id):
        raise Inconclusive(
            "Inngest to come back with an empty store.",
            f"the store was kept: event {event_id}, from before the restart, is still there.",
            "give [control.inngest] of the target's file a command `clear`, which empties the store while it is down.",
        )


def _found(read: Callable[[], Event | None], promise: str, seen: str, within: float, *, hop: str) -> Event:
    try:
        [event] = until(lambda: [found for found in [read()] if found], within=within, every=LOOK_EVERY)
    except OutOfTimeError:
        advice = "ask /v1/events for it by hand, and read the log of Inngest and of the publisher."
        raise UnmetError(f"{promise} within {within:g} s.", seen, advice, hop=hop) from None
    return event


def _newest(inngest: InngestClient, name: str, wanted: Callable[[Event], bool]) -> Event | None:
    return next((event for event in inngest.events(name=name) if wanted(event)), None)


def _ids(event: Event) -> tuple[Any, Any]:
    return event["id"], event["internal_id"]
