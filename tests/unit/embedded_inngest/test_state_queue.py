"""The queue, on a clock that the test turns."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from embedded_inngest.queue import Job, Queue
from tests.unit.embedded_inngest.turned_clock import TurnedClock, settled


class Worker:
    """Notes the jobs that begin, and holds on to them until they are released."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.released = asyncio.Event()

    async def __call__(self, job: Job) -> None:
        self.begun.append(job.id)
        await self.released.wait()


Scenario = Callable[[TurnedClock, Worker, Queue], Coroutine[Any, Any, None]]


def play(scenario: Scenario, *, workers: int = 2) -> list[str]:
    """Play a scenario and return the jobs that began, in order."""

    async def playing() -> list[str]:
        clock, worker = TurnedClock(), Worker()
        queue = Queue(clock, worker, workers=workers)
        await scenario(clock, worker, queue)
        await queue.close()
        return worker.begun

    return asyncio.run(playing())


def job(name: str, run: str = "run") -> Job:
    """Return a job."""
    return Job(id=name, run_id=run)


def test_jobs_begin_when_they_are_due() -> None:
    """A job that is due now begins now, one that is due later begins then and not before."""

    async def scenario(clock: TurnedClock, worker: Worker, queue: Queue) -> None:
        queue.put(job("later"), at=clock.now() + 5)
        queue.put(job("now"))
        await clock.turn(4.9)
        assert worker.begun == ["now"]
        await clock.turn(0.2)

    assert play(scenario) == ["now", "later"]


def test_no_more_jobs_run_than_there_are_workers() -> None:
    """What finds no worker waits its turn and goes first come, first served."""

    async def scenario(clock: TurnedClock, worker: Worker, queue: Queue) -> None:
        for name in "abcd":
            queue.put(job(name))
        await clock.turn(0)
        assert worker.begun == ["a", "b"]
        worker.released.set()
        await clock.turn(0)

    assert play(scenario) == ["a", "b", "c", "d"]


def test_dropped_runs_have_no_jobs_left() -> None:
    """Neither what is due later nor what waits for a worker is done for a run that was dropped."""

    async def scenario(clock: TurnedClock, worker: Worker, queue: Queue) -> None:
        queue.put(job("busy", "other"))
        queue.put(job("waiting"))
        queue.put(job("later"), at=clock.now() + 5)
        queue.put(job("kept", "other"), at=clock.now() + 5)
        queue.drop("run")
        assert queue.of_run("run") == []
        await clock.turn(6)
        worker.released.set()
        await clock.turn(0)

    assert play(scenario, workers=1) == ["busy", "kept"]


def test_a_job_that_fails_frees_its_worker() -> None:
    """An error that nobody expected is logged and holds up nothing."""
    begun: list[str] = []

    async def fails(one: Job) -> None:
        begun.append(one.id)
        raise RuntimeError(one.id)

    async def playing() -> None:
        queue = Queue(TurnedClock(), fails, workers=1)
        queue.put(job("a"))
        queue.put(job("b"))
        await settled()

    asyncio.run(playing())

    assert begun == ["a", "b"]


def test_what_is_still_to_do_is_listed_in_order() -> None:
    """The jobs of a run are listed with the time at which they are due, the next first."""

    async def scenario(clock: TurnedClock, _worker: Worker, queue: Queue) -> None:
        for name, seconds in (("late", 9), ("soon", 3)):
            queue.put(job(name), at=clock.now() + seconds)
        assert [(queued.job.id, queued.at) for queued in queue.of_run("run")] == [("soon", 1003), ("late", 1009)]

    assert play(scenario) == []
