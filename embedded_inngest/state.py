"""Everything the server remembers: events, runs, and which event already started which function."""

from collections.abc import Iterator
from dataclasses import dataclass

from embedded_inngest.apps import Apps, Function
from embedded_inngest.events import Event
from embedded_inngest.runs import Run

IDEMPOTENCY_SECONDS = 24 * 60 * 60.0


@dataclass(frozen=True, slots=True)
class _Ended:
    """An ended run, packed."""

    function: Function
    events: tuple[Event, ...]
    packed: bytes


class State:
    """The memory of the server; it lasts as long as the process, like that of `inngest dev`."""

    def __init__(self) -> None:
        self.apps = Apps()
        self._events: dict[str, Event] = {}
        self._runs: dict[str, Run | _Ended] = {}
        self._runs_of_event: dict[str, list[str]] = {}
        self._runs_of_trace: dict[str, list[str]] = {}
        self._started: dict[tuple[str, str], float] = {}

    def add_event(self, event: Event) -> None:
        """Keep an event."""
        self._events[event.internal_id] = event

    def event(self, internal_id: str) -> Event | None:
        """Find an event by the id that the event API gave it."""
        return self._events.get(internal_id)

    def newest_events(self) -> Iterator[Event]:
        """Yield events, the last received first."""
        return reversed(self._events.values())

    def claim(self, function: Function, event: Event, now: float) -> bool:
        """Tell whether this event may start this function: once in a day for one event id."""
        self._forget_claims(now)
        key = (function.id, event.id)
        if key in self._started:
            return False
        self._started[key] = now + IDEMPOTENCY_SECONDS
        return True

    def _forget_claims(self, now: float) -> None:
        """Drop what has expired; claims are kept in the order in which they expire."""
        while self._started:
            oldest = next(iter(self._started))
            if self._started[oldest] > now:
                return
            del self._started[oldest]

    def add_run(self, run: Run) -> None:
        """Keep a run."""
        self._runs[run.id] = run
        self._runs_of_trace.setdefault(run.trace_id, []).append(run.id)
        for event in run.events:
            self._runs_of_event.setdefault(event.internal_id, []).append(run.id)

    def archive(self, run: Run) -> None:
        """Keep of an ended run only what can be asked of it."""
        self._runs[run.id] = _Ended(run.function, run.events, run.packed())

    def live_run(self, run_id: str) -> Run | None:
        """Find a run that has not ended."""
        run = self._runs.get(run_id)
        return run if isinstance(run, Run) else None

    def run(self, run_id: str) -> Run | None:
        """Find a run, ended or not."""
        run = self._runs.get(run_id)
        if isinstance(run, _Ended):
            return Run.unpacked(run_id, run.function, run.events, run.packed)
        return run

    def runs_of_event(self, internal_id: str) -> list[Run]:
        """Return the runs that an event started."""
        return self._existing(self._runs_of_event.get(internal_id, ()))

    def runs_of_trace(self, trace_id: str) -> list[Run]:
        """Return the runs of a trace: one, and those it invoked."""
        return self._existing(self._runs_of_trace.get(trace_id, ()))

    def newest_runs(self) -> Iterator[Run]:
        """Yield runs, the last queued first."""
        for run_id in reversed(list(self._runs)):
            yield from self._existing([run_id])

    def _existing(self, run_ids: list[str] | tuple[str, ...]) -> list[Run]:
        return [run for run_id in run_ids if (run := self.run(run_id))]
