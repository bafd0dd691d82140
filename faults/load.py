"""Faults that show when many events come at once, or when one of them is in trouble."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from itertools import count

from faults.catalogue import fault, with_parts
from faults.changes import with_functions
from reference_dispatcher.app import Design
from reference_dispatcher.functions import Deliver
from reference_dispatcher.parts import Parts, Sender
from reference_dispatcher.store import SqlRecorder
from reference_dispatcher.values import Answer, Delivery, Outcome, PublishedEvent, Request

ONE_IN = 50


def with_odd_ones(design: Design, change: Callable[[list[int]], list[int]]) -> Design:
    """Return the design that treats one event of many in another way: `change` says who gets it."""
    numbers = count(1)

    def changed(parts: Parts) -> Parts:
        class Slipping:
            async def match(self, event: PublishedEvent, tenant: str) -> list[int]:
                webhooks = await parts.matcher.match(event, tenant)
                return change(webhooks) if webhooks and next(numbers) % ONE_IN == 0 else webhooks

        return replace(parts, matcher=Slipping())

    return with_parts(design, changed)


@fault("LOAD-01", hop="delivered", stays_green=("EVT-02", "MAT-02"))
def one_event_of_many_lost(design: Design) -> Design:
    """One event in fifty is delivered to nobody, and its run completes."""
    return with_odd_ones(design, lambda _: [])


@fault("LOAD-01", hop="recorded", stays_green=("EVT-02", "REG-02"))
def rows_lost_when_busy(design: Design) -> Design:
    """A row that comes while many others are being written is dropped, as the pool has no connection left for it."""

    class Overrun(SqlRecorder):
        writing = 0

        async def record(self, delivery: Delivery, outcome: Outcome) -> None:
            if self.writing > 5:  # noqa: PLR2004 - a small pool
                return
            self.writing += 1
            try:
                await super().record(delivery, outcome)
            finally:
                self.writing -= 1

    return with_parts(design, lambda parts: replace(parts, recorder=Overrun(parts.database)))


@fault("LOAD-03", hop="delivered", stays_green=("EVT-02", "RET-01"))
def one_connection_for_all(design: Design) -> Design:
    """There is one connection for all deliveries, and a silent receiver keeps it."""

    class Single:
        def __init__(self, sender: Sender) -> None:
            self._sender = sender
            self._turn = asyncio.Lock()

        async def send(self, request: Request) -> Answer:
            async with self._turn:
                return await self._sender.send(request)

    return with_parts(design, lambda parts: replace(parts, sender=Single(parts.sender)))


@fault("LOAD-03", hop="delivered", stays_green=("EVT-02", "RET-01"))
def one_delivery_at_once(design: Design) -> Design:
    """The function that delivers has a concurrency of 1, so that a silent receiver holds up all other events."""
    return with_functions(design, deliver=type("OneAtOnce", (Deliver,), {"at_once": 1}))
