"""Everything the server remembers: events, runs, and which event already started which function."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from embedded_inngest.apps import Apps, Function
from embedded_inngest.events import Event
from embedded_inngest.journal import NO_JOURNAL, Claim, Journal
from embedded_inngest.listing import EventList, RunOrders
from embedded_inngest.release import V1_43, Release
from embedded_inngest.runs import Run
from embedded_inngest.spans import SKIPPED

IDEMPOTENCY_SECONDS = 24 * 60 * 60.0


@dataclass(frozen=True, slots=True)
class Ended:
    """An ended run, packed; what lists are filtered by can be read without unpacking it."""

    function: Function
    events: tuple[Event, ...]
    trace_id: str
    status: str
    packed: bytes


class State:
    """The memory of the server; it lasts as long as the process, unless somebody writes down what its journal tells."""

    def __init__(self, journal: Journal = NO_JOURNAL, release: Release = V1_43) -> None:
        self.apps = Apps(journal, by_slug=release.lists_by_slug)
        self._release = release
        self.orders = RunOrders()
        self.event_list = EventList()
        self._journal = journal
        self._events: dict[str, Event] = {}
        self._runs: dict[str, Run | Ended] = {}
        self._live: dict[str, Run] = {}
        self._runs_of_event: dict[str, tuple[str, ...]] = {}
        self._runs_of_trace: dict[str, tuple[str, ...]] = {}
        self._started: dict[str, dict[str, float]] = {}
        self._locks: dict[str, str] = {}

    def add_event(self, event: Event) -> None:
        """Keep an event; one that came before under the same internal id gives way."""
        if event.internal_id not in self._events:
            self.event_list.add(event)
        self._events[event.internal_id] = event
        self._journal.event(event)

    def event(self, internal_id: str) -> Event | None:
        """Find an event by the id that the event API gave it."""
        return self._events.get(internal_id)

    def known_event(self, internal_id: str) -> Event:
        """Return an event that must be there.

        Raises:
            ValueError: It isn't.
        """
        event = self.event(internal_id)
        if event is None:
            message = f"there is no event {internal_id}"
            raise ValueError(message)
        return event

    def newest_events(self, before: str | None = None) -> Iterator[Event]:
        """Yield events, the latest internal id first, from below one that was reached before."""
        return (self._events[internal_id] for internal_id in self.event_list.newest(before))

    def claim(self, function: Function, event_id: str, now: float) -> bool:
        """Tell whether an event may start a function: once in a day for one id."""
        if self.is_claimed(function, event_id, now):
            return False
        expires = now + IDEMPOTENCY_SECONDS if self._release.claims_from_start else math.inf
        self._note_claim(Claim(function_id=function.id, event_id=event_id, expires=expires))
        return True

    def _note_claim(self, claim: Claim) -> None:
        self.reclaim(claim)
        self._journal.claim(claim)

    def is_claimed(self, function: Function, event_id: str, now: float) -> bool:
        """Tell whether an event of this id has started a function already."""
        started = self._started.get(function.id, {})
        _forget_expired(started, now)
        return started.get(event_id, now) > now

    def reclaim(self, claim: Claim) -> None:
        """Remember a claim that was made."""
        self._started.setdefault(claim.function_id, {})[claim.event_id] = claim.expires

    def add_run(self, run: Run) -> None:
        """Keep a run."""
        self._runs[run.id] = self._live[run.id] = run
        if run.lock is not None:
            self._locks[run.lock] = run.id
        self._index(run.id, run.trace_id, run.events)
        if run.status != SKIPPED:
            self.orders.add(run.id, run.queued_at, run.started_at)
        self._journal.run(run.id)

    def add_ended(self, run_id: str, ended: Ended, queued_at: float, started_at: float | None, ended_at: float) -> None:
        """Keep a run that had ended before this engine began."""
        self._runs[run_id] = ended
        self._index(run_id, ended.trace_id, ended.events)
        if ended.status != SKIPPED:
            self.orders.add(run_id, queued_at, started_at)
            self.orders.end(run_id, ended_at)

    def _index(self, run_id: str, trace_id: str, events: tuple[Event, ...]) -> None:
        _append(self._runs_of_trace, trace_id, run_id)
        for event in events:
            _append(self._runs_of_event, event.internal_id, run_id)

    def holder(self, lock: str) -> Run | None:
        """Find the run that holds a lock."""
        return self.live_run(self._locks.get(lock, ""))

    def archive(self, run: Run) -> None:
        """Keep of an ended run only what can be asked of it; a lock that it held is free."""
        if run.lock is not None and self._locks.get(run.lock) == run.id:
            del self._locks[run.lock]
        self._live.pop(run.id, None)
        if run.status != SKIPPED:
            self.orders.end(run.id, run.ended_at or run.queued_at)
        if not self._release.claims_from_start:
            self._let_claim_expire(run)
        self._runs[run.id] = Ended(run.function, run.events, run.trace_id, run.status, run.packed())
        self._journal.run(run.id)

    def _let_claim_expire(self, run: Run) -> None:
        """Count the day in which an event does not start a function again from the end of the run that it started."""
        if self._started.get(run.function.id, {}).pop(run.event.id, None) is not None:
            expires = (run.ended_at or run.queued_at) + IDEMPOTENCY_SECONDS
            self._note_claim(Claim(function_id=run.function.id, event_id=run.event.id, expires=expires))

    def ended(self, run_id: str) -> Ended | None:
        """Find a run that has ended, packed as it is."""
        run = self._runs.get(run_id)
        return run if isinstance(run, Ended) else None

    def live_run(self, run_id: str) -> Run | None:
        """Find a run that has not ended."""
        return self._live.get(run_id)

    def live_runs(self) -> list[Run]:
        """Return the runs that have not ended."""
        return list(self._live.values())

    def kept(self, run_id: str) -> Run | Ended | None:
        """Find a run as it is kept: nothing is unpacked."""
        return self._runs.get(run_id)

    def run(self, run_id: str) -> Run | None:
        """Find a run, ended or not."""
        run = self._runs.get(run_id)
        if isinstance(run, Ended):
            return Run.unpacked(run_id, run.function, run.events, run.packed)
        return run

    def runs_of_event(self, internal_id: str) -> list[Run]:
        """Return the runs that an event started: those of a batch for its first event alone, none that was skipped."""
        runs = self._existing(self._runs_of_event.get(internal_id, ()))
        return [run for run in runs if run.event.internal_id == internal_id and run.status != SKIPPED]

    def runs_of_trace(self, trace_id: str) -> list[Run]:
        """Return the runs of a trace: one, and those it invoked."""
        return self._existing(self._runs_of_trace.get(trace_id, ()))

    def kept_of_event(self, internal_id: str) -> list[tuple[str, Run | Ended]]:
        """Return the runs that an event started, with their ids, as they are kept: nothing is unpacked."""
        return [(run_id, self._runs[run_id]) for run_id in self._runs_of_event.get(internal_id, ())]

    def kept_newest_first(self) -> Iterator[tuple[str, Run | Ended]]:
        """Yield all runs with their ids as they are kept, the last queued first; no run may start meanwhile."""
        return reversed(self._runs.items())

    def newest_runs(self) -> Iterator[Run]:
        """Yield runs, the last queued first."""
        for run_id in reversed(list(self._runs)):
            yield from self._existing((run_id,))

    def _existing(self, run_ids: Iterable[str]) -> list[Run]:
        return [run for run_id in run_ids if (run := self.run(run_id))]


def _forget_expired(started: dict[str, float], now: float) -> None:
    """Drop what has expired of the claims of one function, which are kept in the order in which they expire."""
    while started:
        oldest = next(iter(started))
        if started[oldest] > now:
            return
        del started[oldest]


def _append(index: dict[str, tuple[str, ...]], key: str, run_id: str) -> None:
    """Add a run to those that an index has under a key; tuples of texts are small, and nothing to the collector."""
    index[key] = (*index.get(key, ()), run_id)
