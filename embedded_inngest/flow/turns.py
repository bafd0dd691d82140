"""Whose turn it is: older runs come first, priority makes a run older or younger, and limits let some wait."""

from dataclasses import dataclass

from embedded_inngest import concurrency
from embedded_inngest.concurrency import Limit
from embedded_inngest.flow.capacity import Key, Sizes, Turn
from embedded_inngest.queue import Job
from embedded_inngest.release import Release
from embedded_inngest.runs import Run
from embedded_inngest.state import State

_PRIORITISED = {"start", "edge"}


@dataclass(frozen=True, slots=True)
class TurnsOfRuns:
    """Gives jobs their turn by what is known of their runs and functions."""

    state: State
    release: Release

    def of(self, job: Job, at: float, now: float) -> Turn:
        """Return the turn of a job that is due at a time.

        A run of negative priority is put off before every request.
        """
        run = self.state.live_run(job.run_id)
        if run is None:
            return Turn(at)
        if job.attempt:
            return self._turn(run, job, at, order=at)
        priority = run.priority if job.kind in _PRIORITISED else 0
        order = at if at > now + self.release.held_early else run.queued_at - priority
        return self._turn(run, job, at, order=order, delay=-priority if priority < 0 else 0.0)

    def _turn(self, run: Run, job: Job, at: float, *, order: float, delay: float = 0.0) -> Turn:
        limits = self._limits(run.function.id)
        if (not limits and not run.keys) or self._has_room_still(job, at):
            return Turn(order, "", (), delay)
        plain = [Key(limit.name) for limit in limits if limit.expression is None and limit.held_by == "step"]
        needed = {"step": True, "run": _takes_seat(run, job), "pace": self._is_paced(run, job, at)}
        return Turn(order, run.function.id, (*plain, *(key for key in run.keys if needed[key.held_by])), delay)

    def _has_room_still(self, job: Job, at: float) -> bool:
        """Tell whether the server believes that a retry has its place: it gave it one a moment ago."""
        last = _last_start(job)
        return last is not None and at - last < self.release.room_kept

    def _is_paced(self, run: Run, job: Job, at: float) -> bool:
        last = _last_start(job) or run.started_at
        return job.kind == "start" and (last is None or at - last >= self.release.start_kept)

    def seats(self, run_id: str) -> tuple[Key, ...]:
        """Return what a run holds from its beginning to its end."""
        run = self.state.live_run(run_id)
        return tuple(key for key in run.keys if key.held_by == "run") if run and run.keys else ()

    def sizes(self, function_id: str) -> Sizes:
        """Return how much the limits of a function have room for, as it is registered now."""
        return {limit.name: limit.size for limit in self._limits(function_id)}

    def _limits(self, function_id: str) -> list[Limit]:
        function = self.state.apps.registered(function_id)
        return [] if function is None else concurrency.limits(function)


def _takes_seat(run: Run, job: Job) -> bool:
    """Tell whether a job takes a place for its run: the first request does.

    So does its repetition, as on the real server, which then has one place less for ever.
    """
    return job.kind == "start" and (run.started_at is None or _last_start(job) is not None)


def _last_start(job: Job) -> float | None:
    return job.span.attempts[-1].started_at if job.attempt and job.span and job.span.attempts else None
