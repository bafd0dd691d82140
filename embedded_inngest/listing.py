"""The orders in which runs and events are listed: kept as they come, so that no list has to be sorted."""

from bisect import bisect_left, insort
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from embedded_inngest.events import Event, is_internal
from embedded_inngest.time_index import TimeIndex, Times


@dataclass(frozen=True, slots=True)
class RunOrders:
    """Runs by when they were queued, began and ended; those that were skipped are in no list."""

    queued_at: TimeIndex = field(default_factory=TimeIndex)
    started_at: TimeIndex = field(default_factory=TimeIndex)
    ended_at: TimeIndex = field(default_factory=TimeIndex)

    def add(self, run_id: str, queued_at: float, started_at: float | None) -> None:
        """Take up a run, which may have begun."""
        self.queued_at.add(queued_at, run_id)
        if started_at is not None:
            self.begin(run_id, started_at)

    def begin(self, run_id: str, started_at: float) -> None:
        """Take note that a run has begun."""
        self.started_at.add(started_at, run_id)

    def end(self, run_id: str, ended_at: float) -> None:
        """Take note that a run has ended."""
        self.ended_at.add(ended_at, run_id)


class EventList:
    """Events by their internal ids, and how many of each name there are."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._received: dict[str, Times] = {}

    def add(self, event: Event) -> None:
        """Add an event; one whose id is the latest costs least."""
        insort(self._ids, event.internal_id)
        times = self._received.get(event.name)
        if times is None:
            times = self._received[event.name] = Times()
        times.add(event.received_at)

    def newest(self, before: str | None = None) -> Iterator[str]:
        """Yield internal ids, the latest first, from below one that was reached before."""
        end = len(self._ids) if before is None else bisect_left(self._ids, before)
        return (self._ids[place] for place in range(end - 1, -1, -1))

    def count(self, since: int, until: int, *, names: Collection[str], internal: bool) -> int:
        """Count what was received in a time, both ends included; without names, of every name."""
        return sum(
            times.count(since, until)
            for name, times in self._received.items()
            if (not names or name in names) and (internal or not is_internal(name))
        )
