"""The runner: judges the whole catalogue, several dispatchers at a time, each worker with a stack of its own."""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Protocol

from kill_rate.catalogue import Specimen
from kill_rate.finding import Finding


class Judging(Protocol):
    """Judges one dispatcher after the other."""

    def judge(self, specimen: Specimen) -> Finding: ...


OpenJudge = Callable[[int], AbstractContextManager[Judging]]
"""Opens the judge of the worker of a number, whose stack closes with the context."""

Item = Finding | BaseException | None
"""What a worker tells: a finding, why it can't go on, or that it is done."""


def judge_all(
    specimens: Iterable[Specimen], open_judge: OpenJudge, *, workers: int, stopping: threading.Event
) -> Iterator[Finding]:
    """Judge dispatchers, and return each finding as soon as there is one.

    Args:
        specimens: Who is judged; those that take long should come first.
        open_judge: Called in each worker.
        workers: How many are judged at the same time.
        stopping: Set when whoever asked wants no more; by then, what was started is being closed.

    Raises:
        SetupError: A stack could not be had.
    """
    waiting: queue.SimpleQueue[Specimen] = queue.SimpleQueue()
    told: queue.SimpleQueue[Item] = queue.SimpleQueue()
    for specimen in specimens:
        waiting.put(specimen)
    number = min(workers, waiting.qsize())
    with ThreadPoolExecutor(max(number, 1)) as pool:
        try:
            for worker in range(number):
                pool.submit(_work, open_judge, worker, waiting, told, stopping)
            yield from _findings(told, number)
        finally:
            stopping.set()


def _work(
    open_judge: OpenJudge,
    worker: int,
    waiting: "queue.SimpleQueue[Specimen]",
    told: "queue.SimpleQueue[Item]",
    stopping: threading.Event,
) -> None:
    try:
        with open_judge(worker) as judge:
            while not stopping.is_set() and (specimen := _next(waiting)):
                told.put(judge.judge(specimen))
    except BaseException as error:  # noqa: BLE001 - whoever waits for findings raises it
        told.put(error)
    else:
        told.put(None)


def _next(waiting: "queue.SimpleQueue[Specimen]") -> Specimen | None:
    try:
        return waiting.get_nowait()
    except queue.Empty:
        return None


def _findings(told: "queue.SimpleQueue[Item]", workers: int) -> Iterator[Finding]:
    while workers:
        item = told.get()
        if isinstance(item, Finding):
            yield item
        elif item is None:
            workers -= 1
        else:
            raise item
