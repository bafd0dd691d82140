"""The lines of the lists: runs, events, functions and apps, with as much of each as a list shows."""

from dataclasses import dataclass

from embedded_inngest.apps import Function
from embedded_inngest.events import Event
from embedded_inngest.page.paging import Listing
from embedded_inngest.runs import Run
from embedded_inngest.spans import CANCELLED, COMPLETED, FAILED, QUEUED, RUNNING, SKIPPED
from embedded_inngest.state import Ended, State

STATUSES = (QUEUED, RUNNING, COMPLETED, FAILED, CANCELLED, SKIPPED)
MAX_RUNS = 5
"""Runs that the line of an event shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """A run in a list."""

    id: str
    function: Function
    event: Event
    status: str
    queued_at: float
    took: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunMark:
    """A run beside the event that started it."""

    id: str
    function: Function
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLine:
    """An event in a list, with the first of the runs that it started, and how many more there are."""

    event: Event
    runs: tuple[RunMark, ...]
    more: int


def run_lines(state: State, listing: Listing[Run | Ended]) -> list[RunLine]:
    """Show the runs of a page."""
    return [_run_line(run_id, run) for run_id, _ in listing.items if (run := state.run(run_id))]


def _run_line(run_id: str, run: Run) -> RunLine:
    took = None if run.ended_at is None else run.ended_at - (run.started_at or run.queued_at)
    return RunLine(
        id=run_id, function=run.function, event=run.event, status=run.status, queued_at=run.queued_at, took=took
    )


def event_lines(state: State, listing: Listing[Event]) -> list[EventLine]:
    """Show the events of a page."""
    return [_event_line(state, event) for _, event in listing.items]


def _event_line(state: State, event: Event) -> EventLine:
    kept = state.kept_of_event(event.internal_id)
    marks = tuple(RunMark(id=run_id, function=run.function, status=run.status) for run_id, run in kept[:MAX_RUNS])
    return EventLine(event=event, runs=marks, more=max(len(kept) - MAX_RUNS, 0))
