"""Faults of isolation and durability: what one webhook does to others, and what is lost when a part goes away."""

import asyncio
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4, uuid5

import inngest
import psycopg

from faults.catalogue import fault, with_parts
from faults.changes import with_attempter, with_functions, with_refusal
from reference_dispatcher.app import Design
from reference_dispatcher.attempt import Attempter
from reference_dispatcher.delivery import HttpSender
from reference_dispatcher.functions import Deliver, Dispatch
from reference_dispatcher.guard import Guard
from reference_dispatcher.parts import Parts, Sender
from reference_dispatcher.settings import Settings
from reference_dispatcher.values import Answer, Delivery, Outcome, PublishedEvent, Request, Webhook

THIS_PROCESS = uuid4()

CLAIM = """
    INSERT INTO sys_webhook_deliveries (webhook_id, event_id, event_type, attempt_number, status)
    VALUES (%(webhook)s, %(event)s, %(type)s, %(number)s, 'retrying')
    ON CONFLICT (event_id, webhook_id, attempt_number) DO NOTHING RETURNING delivery_id
"""

_running: set[asyncio.Task[Any]] = set()


def in_background(work: Coroutine[Any, Any, object]) -> None:
    """Have something done while nobody waits for it."""
    task = asyncio.create_task(work)
    _running.add(task)
    task.add_done_callback(_running.discard)


def made(number: int, status: Any = "success") -> Outcome:
    """Return the outcome of an attempt that nobody has looked at."""
    return Outcome(number=number, status=status, status_code=200, finished_at=datetime.now(UTC).isoformat())


@fault("ISO-01", hop="delivered", stays_green=("MAT-03", "ISO-02"))
def one_webhook_after_the_other(design: Design) -> Design:
    """The webhooks are served in a loop: whoever is slow keeps all that come after him waiting."""

    class Looping(Dispatch):
        async def fan_out(self, ctx: inngest.Context, orders: Sequence[Delivery]) -> Sequence[str]:
            return [await self.child(ctx, order) for order in orders]

    return with_functions(design, Looping)


@fault("ISO-01", hop="delivered", stays_green=("MAT-03", "ISO-02"))
def one_request_at_a_time(design: Design) -> Design:
    """A lock lets one request be under way at a time, so that a slow webhook holds up everybody's."""

    class Locking:
        def __init__(self, sender: Sender) -> None:
            self._sender = sender
            self._lock = asyncio.Lock()

        async def send(self, request: Request) -> Answer:
            async with self._lock:
                return await self._sender.send(request)

    return with_parts(design, lambda parts: replace(parts, sender=Locking(parts.sender)))


@fault("ISO-01", hop="delivered", stays_green=("RET-01", "ISO-02"))
def everything_waits_for_an_answer(design: Design) -> Design:
    """Requests are made by a client that blocks: while one webhook is silent, the dispatcher does nothing else."""

    class Blocking:
        def __init__(self, settings: Settings) -> None:
            self._settings = settings

        async def send(self, request: Request) -> Answer:
            guard = Guard(allow_private=self._settings.webhook_allow_private)
            sender = HttpSender(guard, timeout=self._settings.webhook_timeout)
            with ThreadPoolExecutor(1) as pool:
                return pool.submit(asyncio.run, sender.send(request)).result()

    return replace(design, parts=lambda settings: replace(design.parts(settings), sender=Blocking(settings)))


@fault("ISO-03", hop="recorded", stays_green=("MAT-01", "ISO-01"))
def unusable_url_tried_for_ever(design: Design) -> Design:
    """A URL that can't be used is an error of its step, which Inngest tries again and again."""
    return with_refusal(design, RuntimeError)


@fault("ISO-03", hop="recorded", stays_green=("MAT-01", "ISO-01"))
def unusable_url_leaves_no_row(design: Design) -> Design:
    """A URL that can't be used fails the delivery at once, before anything is recorded."""
    return with_refusal(design, inngest.NonRetriableError)


@fault("ISO-04", hop="delivered", stays_green=("RET-01", "RET-04"))
def claimed_before_sending(design: Design) -> Design:
    """An attempt is claimed in the database before it is made: whoever died in between is not replaced."""

    class Claiming(Attempter):
        async def make(self, delivery: Delivery, number: int, earlier: Outcome | None = None) -> Outcome:
            claim = {"webhook": delivery.webhook_id, "event": delivery.event_id, "type": delivery.event_type}
            if await self.parts.database.rows(CLAIM, {**claim, "number": number}):
                return await super().make(delivery, number, earlier)
            return made(number)

    return with_attempter(design, Claiming)


@fault("ISO-04", hop="delivered", stays_green=("SIG-05", "RET-05"))
def delivery_id_of_the_process(design: Design) -> Design:
    """Delivery ids are derived from a salt that each start of the dispatcher makes anew."""

    class Salted(Attempter):
        async def make(self, delivery: Delivery, number: int, earlier: Outcome | None = None) -> Outcome:
            salted = replace(delivery, delivery_id=str(uuid5(THIS_PROCESS, delivery.delivery_id)))
            return await super().make(salted, number, earlier)

    return with_attempter(design, Salted)


@fault("ISO-04", "RET-03", hop="delivered", stays_green=("MAT-01", "SIG-01"))
def sent_in_the_background(design: Design) -> Design:
    """A delivery counts as made as soon as it is begun; what becomes of it nobody knows."""

    class Hasty(Attempter):
        async def make(self, delivery: Delivery, number: int, earlier: Outcome | None = None) -> Outcome:
            in_background(super().make(delivery, number, earlier))
            return made(number)

    return with_attempter(design, Hasty)


@fault("ISO-05", hop="delivered", stays_green=("MAT-01", "RET-03"))
def second_calls_dropped(design: Design) -> Design:
    """A call that Inngest repeats is taken for one that was done already, and the event goes to nobody."""

    class Once(Dispatch):
        async def match(self, ctx: inngest.Context, event: PublishedEvent, tenant: str) -> list[int]:
            async def match() -> list[int]:
                found = await self.parts.matcher.match(event, tenant)
                return found if ctx.attempt == 0 else []

            return await ctx.step.run("match", match)

    return with_functions(design, Once)


@fault("ISO-06", hop="run started", stays_green=("MAT-08", "ISO-07"))
def no_database_no_webhooks(design: Design) -> Design:
    """An error of the query is caught and taken for an answer: no webhook, and the run is completed."""

    def careless(parts: Parts) -> Parts:
        class Careless:
            async def match(self, event: PublishedEvent, tenant: str) -> list[int]:
                try:
                    return await parts.matcher.match(event, tenant)
                except psycopg.Error:
                    return []

        return replace(parts, matcher=Careless())

    return with_parts(design, careless)


@fault("ISO-07", "RET-05", hop="recorded", stays_green=("RET-01", "ISO-06"))
def rows_written_in_the_background(design: Design) -> Design:
    """Rows are written while nobody waits for it, so that nobody notices one that could not be."""

    def careless(parts: Parts) -> Parts:
        class Careless:
            async def record(self, delivery: Delivery, outcome: Outcome) -> None:
                in_background(self.try_to(delivery, outcome))

            async def try_to(self, delivery: Delivery, outcome: Outcome) -> None:
                with suppress(psycopg.Error):
                    await parts.recorder.record(delivery, outcome)

        return replace(parts, recorder=Careless())

    return with_parts(design, careless)


@fault("ISO-08", hop="delivered", stays_green=("MAT-07", "ISO-02"))
def removed_webhook_is_an_error(design: Design) -> Design:
    """A webhook that is gone is an error of the attempt that was to follow, and of each of its retries."""

    def strict(parts: Parts) -> Parts:
        class Strict:
            async def read(self, webhook_id: int) -> Webhook:
                webhook = await parts.reader.read(webhook_id)
                if webhook is None:
                    raise LookupError(f"webhook {webhook_id} is gone")
                return webhook

        return replace(parts, reader=Strict())

    return with_parts(design, strict)


@fault("ISO-02", "RET-03", hop="delivered", stays_green=("MAT-01", "RET-01"))
def nothing_scheduled_after_a_failure(design: Design) -> Design:
    """A failed attempt is recorded as one that will be retried, and that is all."""

    class Forgetful(Deliver):
        async def pause(self, ctx: inngest.Context, outcome: Outcome) -> None:
            del ctx
            raise inngest.NonRetriableError(f"attempt {outcome.number} failed")

    return with_functions(design, deliver=Forgetful)


@fault("MAT-08", "ISO-02", hop="delivered", stays_green=("REG-02", "SIG-01"))
def error_after_all_deliveries(design: Design) -> Design:
    """An error at the end of the run, when all is delivered, has it called again and again."""

    class Failing(Dispatch):
        async def fan_out(self, ctx: inngest.Context, orders: Sequence[Delivery]) -> Sequence[str]:
            statuses = await super().fan_out(ctx, orders)
            raise RuntimeError(f"cannot report {len(statuses)} deliveries")

    return with_functions(design, Failing)
