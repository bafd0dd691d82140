"""What is to be asked of apps, and when: a job is one request, repeated until it succeeds or is given up."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Literal

from embedded_inngest.clock import Clock, Timer
from embedded_inngest.journal import NO_JOURNAL, Journal
from embedded_inngest.spans import Span

Kind = Literal["start", "edge", "sleep", "pause"]

DISCOVERY = "step"
"""The step id of a request that is to find out what comes next."""


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
    """A job and when it is due."""

    job: Job
    at: float


class Queue:
    """Runs jobs when they are due, first come first served, a bounded number at once."""

    def __init__(
        self,
        clock: Clock,
        work: Callable[[Job], Awaitable[None]],
        *,
        workers: int,
        journal: Journal = NO_JOURNAL,
    ) -> None:
        self._clock = clock
        self._journal = journal
        self._work = work
        self._free = workers
        self._due: deque[Queued] = deque()
        self._of_run: dict[str, dict[str, Queued]] = {}
        self._timers: dict[str, Timer] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._at_work: dict[str, Queued] = {}

    def put(self, job: Job, at: float = 0.0) -> None:
        """Take a job that is due at a time, by default now."""
        now = self._clock.now()
        queued = Queued(job, max(at, now))
        self._of_run.setdefault(job.run_id, {})[job.id] = queued
        self._journal.run(job.run_id)
        if at > now:
            self._timers[job.id] = self._clock.call_later(at - now, lambda: self._ripen(queued))
        else:
            self._ripen(queued)

    def drop(self, run_id: str) -> None:
        """Forget what is still to be done for a run."""
        for queued in list(self._of_run.get(run_id, {}).values()):
            self.withdraw(queued.job)

    def withdraw(self, job: Job) -> None:
        """Forget a job."""
        timer = self._timers.pop(job.id, None)
        if timer is not None:
            timer.cancel()
        self._unbook(job)
        self._journal.run(job.run_id)

    def of_run(self, run_id: str) -> list[Queued]:
        """Return what is still to be done for a run, the next first."""
        return sorted(self._of_run.get(run_id, {}).values(), key=lambda queued: queued.at)

    def jobs_of(self, run_id: str) -> list[Queued]:
        """Return what is still to be done for a run, and what is being done."""
        return [*(one for one in self._at_work.values() if one.job.run_id == run_id), *self.of_run(run_id)]

    def holds(self, run_id: str, job_id: str) -> bool:
        """Tell whether a job is still to be done, or being done."""
        return job_id in self._at_work or job_id in self._of_run.get(run_id, {})

    async def close(self) -> None:
        """Stop at once; requests under way are cut."""
        for timer in self._timers.values():
            timer.cancel()
        self._due.clear()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _ripen(self, queued: Queued) -> None:
        self._timers.pop(queued.job.id, None)
        self._due.append(queued)
        self._fill()

    def _fill(self) -> None:
        while self._free and self._due:
            queued = self._due.popleft()
            if self._unbook(queued.job):
                self._free -= 1
                self._at_work[queued.job.id] = queued
                task = asyncio.ensure_future(self._do(queued))
                self._tasks.add(task)
                task.add_done_callback(self._done)

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
                self._at_work.pop(job.id, None)
                self._journal.run(job.run_id)

    def _unbook(self, job: Job) -> bool:
        """Take a job out of the books; False when it was dropped while it waited."""
        jobs = self._of_run.get(job.run_id, {})
        taken = jobs.pop(job.id, None) is not None
        if not jobs:
            self._of_run.pop(job.run_id, None)
        return taken

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._free += 1
        if not task.cancelled() and task.exception():
            log.error("a job failed unexpectedly", exc_info=task.exception())
        self._fill()
