"""What is to be asked of apps, and when: a job is one request, repeated until it succeeds or is given up."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from embedded_inngest.clock import Clock, Timer
from embedded_inngest.flow.capacity import ANY_PACE, Key, Lines, Paces, Sizes, Turn
from embedded_inngest.journal import NO_JOURNAL, Journal
from embedded_inngest.spans import Span

Kind = Literal["start", "edge", "sleep", "pause"]

DISCOVERY = "step"
"""The step id of a request that is to find out what comes next."""


ANYBODY = Turn()

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One request to be made for a run, or a timeout of something it waits for."""

    id: str
    run_id: str
    kind: Kind = "edge"
    step_id: str = DISCOVERY
    after: str | None = None
    attempt: int = 0
    race: bool = False
    span: Span | None = None

    def again(self) -> "Job":
        """Return the next attempt of this job."""
        return replace(self, attempt=self.attempt + 1)


@dataclass(frozen=True, slots=True)
class Queued:
    """A job, when it is due, and whose turn it is then."""

    job: Job
    at: float
    turn: Turn = ANYBODY


class Turns(Protocol):
    """Says whose turn it is, and how much may be under way."""

    def of(self, job: Job, at: float, now: float) -> Turn:
        """Return the turn of a job that is due at a time."""

    def seats(self, run_id: str) -> tuple[Key, ...]:
        """Return what a run holds from its beginning to its end."""

    def sizes(self, function_id: str) -> Sizes:
        """Return how much the limits of a function have room for."""


class AnyTurn:
    """First come, first served, without limits."""

    def of(self, _job: Job, _at: float, _now: float) -> Turn:
        """Give all the same turn."""
        return ANYBODY

    def seats(self, _run_id: str) -> tuple[Key, ...]:
        """Let runs hold nothing."""
        return ()

    def sizes(self, _function_id: str) -> Sizes:
        """Know no limits."""
        return {}


ANY_TURN = AnyTurn()


class Queue:
    """Runs jobs when they are due and it is their turn, a bounded number at once."""

    def __init__(
        self,
        clock: Clock,
        work: Callable[[Job], Awaitable[None]],
        *,
        workers: int,
        journal: Journal = NO_JOURNAL,
        turns: Turns = ANY_TURN,
        paces: Paces = ANY_PACE,
    ) -> None:
        self._clock = clock
        self._journal = journal
        self._work = work
        self._free = workers
        self._turns = turns
        self._paces = paces
        self._lines: Lines[Queued] = Lines(turns.sizes, self._is_booked, paces)
        self._of_run: dict[str, dict[str, Queued]] = {}
        self._timers: dict[str, Timer] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._at_work: dict[str, dict[str, Queued]] = {}
        self._held: dict[str, Turn] = {}

    def put(self, job: Job, at: float = 0.0) -> None:
        """Take a new job that is due at a time, by default now."""
        now = self._clock.now()
        turn = self._turns.of(job, max(at, now), now)
        self._book(Queued(job, max(at, now) + turn.delay, turn), now)

    def resume(self, jobs: Iterable[Queued]) -> None:
        """Take jobs that were queued before this queue began; none begins before all are there."""
        now, free = self._clock.now(), self._free
        self._free = 0
        for queued in jobs:
            at = max(queued.at, now)
            self._book(Queued(queued.job, at, self._turns.of(queued.job, at, now)), now)
        self._free = free
        self._fill()

    def _book(self, queued: Queued, now: float) -> None:
        """Take a job; who needs room stands in line since it would be his turn, though he is not due yet."""
        job, turn = queued.job, queued.turn
        self._of_run.setdefault(job.run_id, {})[job.id] = queued
        self._journal.run(job.run_id)
        ripe = turn.order if turn.keys else queued.at
        if ripe > now:
            self._timers[job.id] = self._clock.call_later(ripe - now, lambda: self._ripen(queued))
        else:
            self._ripen(queued)

    def seat(self, run_id: str) -> None:
        """Give a run that has begun what it holds until its end."""
        for key in self._turns.seats(run_id):
            self._lines.take(key)

    def drop(self, run_id: str) -> None:
        """Forget what is still to be done for a run, which has ended.

        It gives back what runs hold whether it has begun or not, as the real server does: who ends a run that waits
        for its beginning lets one too many begin.
        """
        for queued in list(self._of_run.get(run_id, {}).values()):
            self.withdraw(queued.job)
        seats = self._turns.seats(run_id)
        for key in seats:
            self._lines.leave(key)
        if seats:
            self._fill()

    def look_again(self) -> None:
        """Take note that limits are others than they were."""
        self._lines.look_again()
        self._fill()

    def call(self, key: Key) -> None:
        """Take note that time has given room for a key."""
        self._lines.call(key)
        self._fill()

    def withdraw(self, job: Job) -> None:
        """Forget a job."""
        timer = self._timers.pop(job.id, None)
        if timer is not None:
            timer.cancel()
        _strike(self._of_run, job)
        self._journal.run(job.run_id)
        held = self._held.pop(job.id, None)
        if held is not None:
            self._give_back(held)
            asyncio.get_running_loop().call_soon(self._fill)  # whoever withdraws it may put what follows from it

    def of_run(self, run_id: str) -> list[Queued]:
        """Return what is still to be done for a run, the next first."""
        return sorted(self._of_run.get(run_id, {}).values(), key=lambda queued: queued.at)

    def waiting(self) -> Iterator[Queued]:
        """Yield all that is still to be done."""
        for jobs in self._of_run.values():
            yield from jobs.values()

    def jobs_of(self, run_id: str) -> list[Queued]:
        """Return what is still to be done for a run, and what is being done."""
        return [*self._at_work.get(run_id, {}).values(), *self.of_run(run_id)]

    def holds(self, run_id: str, job_id: str) -> bool:
        """Tell whether a job is still to be done, or being done."""
        return any(job_id in jobs.get(run_id, {}) for jobs in (self._at_work, self._of_run))

    async def close(self) -> None:
        """Stop at once; requests under way are cut."""
        for timer in self._timers.values():
            timer.cancel()
        self._lines = Lines(self._turns.sizes, self._is_booked, self._paces)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _ripen(self, queued: Queued) -> None:
        self._timers.pop(queued.job.id, None)
        if self._free > 0 and not queued.turn.keys:
            self._begin(queued)
            return
        self._lines.join(queued, queued.turn)
        self._fill()

    def _fill(self) -> None:
        while self._free > 0 and (queued := self._lines.next()) is not None:
            early = queued.at - self._clock.now() if queued.turn.keys else 0.0
            if early > 0:
                self._hold(queued, early)
            else:
                self._begin(queued)

    def _hold(self, queued: Queued, seconds: float) -> None:
        """Let a job wait until it is due with the place that it has already, but without a worker."""
        self._held[queued.job.id] = queued.turn
        self._timers[queued.job.id] = self._clock.call_later(seconds, lambda: self._go_on(queued))

    def _go_on(self, queued: Queued) -> None:
        self._timers.pop(queued.job.id, None)
        self._lines.join(queued, Turn(queued.turn.order))
        self._fill()

    def _begin(self, queued: Queued) -> None:
        _strike(self._of_run, queued.job)
        self._held.pop(queued.job.id, None)
        self._free -= 1
        self._at_work.setdefault(queued.job.run_id, {})[queued.job.id] = queued
        task = asyncio.ensure_future(self._do(queued))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _is_booked(self, queued: Queued) -> bool:
        """Tell whether a job was not dropped while it waited."""
        return self._of_run.get(queued.job.run_id, {}).get(queued.job.id) is queued

    async def _do(self, queued: Queued) -> None:
        """Do a job; one that is cut because the engine ends is still to be done."""
        job, cut = queued.job, False
        try:
            await self._work(job)
        except asyncio.CancelledError:
            cut = True
            raise
        finally:
            if not cut:
                _strike(self._at_work, job)
                self._journal.run(job.run_id)
                self._give_back(queued.turn)

    def _give_back(self, turn: Turn) -> None:
        for key in turn.keys:
            if key.held_by == "step":
                self._lines.leave(key)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._free += 1
        if not task.cancelled() and task.exception():
            log.error("a job failed unexpectedly", exc_info=task.exception())
        self._fill()


def _strike(books: dict[str, dict[str, Queued]], job: Job) -> None:
    """Take a job out of the books, in which each run has a page."""
    jobs = books.get(job.run_id, {})
    jobs.pop(job.id, None)
    if not jobs:
        books.pop(job.run_id, None)
