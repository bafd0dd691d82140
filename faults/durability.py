"""Faults of durable execution: what is done outside a step, in a step too large, or in a step of the wrong name."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import uuid4

import inngest

from faults.catalogue import fault, with_parts
from faults.changes import with_functions
from reference_dispatcher.app import Design
from reference_dispatcher.attempt import Attempter
from reference_dispatcher.functions import Deliver, Dispatch
from reference_dispatcher.parts import Sender
from reference_dispatcher.values import Answer, Delivery, Outcome, Request

Json = dict[str, Any]
ORDER = "beema/webhook.ordered"


@fault("RET-05", hop="delivered", stays_green=("PLAT-02", "REG-01"))
def post_outside_a_step(design: Design) -> Design:
    """An attempt is no step, so that each further call of the run makes it again."""

    class Outside(Deliver):
        async def attempt(self, _: inngest.Context, delivery: Delivery, number: int, __: Outcome | None) -> Outcome:
            return await self.attempts.make(delivery, number)

    return with_functions(design, deliver=Outside)


@fault("RET-05", hop="delivered", stays_green=("RET-01", "RET-04"))
def post_and_row_in_one_step(design: Design) -> Design:
    """One step posts and writes the row: when the row can't be written, the event is posted again."""

    class Together(Deliver):
        async def attempt(
            self, ctx: inngest.Context, delivery: Delivery, number: int, earlier: Outcome | None
        ) -> Outcome:
            async def deliver() -> Json:
                outcome = await self.attempts.make(delivery, number, earlier)
                await self.parts.recorder.record(delivery, outcome)
                return outcome.to_wire()

            return Outcome(**await ctx.step.run(f"deliver:{number}", deliver))

    return with_functions(design, deliver=Together)


@fault("RET-05", hop="delivered", stays_green=("RET-02", "SIG-01"))
def posted_again_after_a_success(design: Design) -> Design:
    """A client that retries by itself posts once more a moment after the success."""

    class Eager:
        def __init__(self, sender: Sender) -> None:
            self._sender = sender
            self._running: set[asyncio.Task[Answer]] = set()

        async def send(self, request: Request) -> Answer:
            answer = await self._sender.send(request)
            if answer.status == 200:  # noqa: PLR2004 - OK
                again = asyncio.create_task(self._sender.send(request))
                self._running.add(again)
                again.add_done_callback(self._running.discard)
            return answer

    return with_parts(design, lambda parts: replace(parts, sender=Eager(parts.sender)))


@fault("RET-05", hop="recorded", stays_green=("RET-01", "RET-04"))
def row_given_up_when_refused(design: Design) -> Design:
    """An error of the database while recording is caught and forgotten, and the row never comes."""

    class Careless(Deliver):
        async def record(self, ctx: inngest.Context, delivery: Delivery, outcome: Outcome, number: int) -> None:
            async def record() -> None:
                with suppress(Exception):
                    await self.parts.recorder.record(delivery, outcome)

            await ctx.step.run(f"record:{number}", record)

    return with_functions(design, deliver=Careless)


@fault("RET-04", hop="delivered", stays_green=("RET-01", "SIG-01"))
def both_layers_retry(design: Design) -> Design:
    """Each attempt that fails is also an error of its step, which Inngest tries again."""

    class Twofold(Deliver):
        async def attempt(
            self, ctx: inngest.Context, delivery: Delivery, number: int, earlier: Outcome | None
        ) -> Outcome:
            async def deliver() -> Json:
                outcome = await self.attempts.make(delivery, number, earlier)
                if outcome.status == "failed" and ctx.attempt < 1:
                    raise RuntimeError(outcome.error_message)
                return outcome.to_wire()

            return Outcome(**await ctx.step.run(f"deliver:{number}", deliver))

    return with_functions(design, deliver=Twofold)


@fault("RET-04", hop="delivered", stays_green=("RET-01", "RET-02"))
def retried_inside_the_step(design: Design) -> Design:
    """The step posts a second time by itself before it tells of a failure."""

    class Insistent:
        def __init__(self, sender: Sender) -> None:
            self._sender = sender

        async def send(self, request: Request) -> Answer:
            answer = await self._sender.send(request)
            return await self._sender.send(request) if answer.status == 500 else answer  # noqa: PLR2004 - server error

    return with_parts(design, lambda parts: replace(parts, sender=Insistent(parts.sender)))


@fault("RET-05", hop="delivered", stays_green=("RET-01", "SIG-01"))
def one_step_for_all_webhooks(design: Design) -> Design:
    """One step posts to all webhooks in turn, so that its retry for one of them is another POST to each."""

    class Looping(Dispatch):
        async def fan_out(self, ctx: inngest.Context, orders: Sequence[Delivery]) -> Sequence[str]:
            async def deliver() -> list[str]:
                outcomes = [await Attempter(self.parts).make(order, ctx.attempt + 1) for order in orders]
                for order, outcome in zip(orders, outcomes, strict=True):
                    await self.parts.recorder.record(order, outcome)
                if any(outcome.status == "retrying" for outcome in outcomes):
                    raise RuntimeError("not all webhooks have taken the event")
                return [outcome.status for outcome in outcomes]

            return await ctx.step.run("deliver", deliver)

    return with_functions(design, Looping)


@fault("EVT-05", hop="delivered", stays_green=("EVT-01", "REG-02"))
def children_by_random_events(design: Design) -> Design:
    """The children are started by events with random ids, sent outside a step: each call of the run sends more."""

    class Ordered(Deliver):
        def create(self, client: inngest.Inngest) -> inngest.Function[Json]:
            return client.create_function(
                fn_id="webhook-delivery", trigger=inngest.TriggerEvent(event=ORDER), retries=self.retries
            )(self.handle)

    class Sending(Dispatch):
        def create(self, client: inngest.Inngest) -> inngest.Function[Json]:
            self.client = client
            return super().create(client)

        async def fan_out(self, ctx: inngest.Context, orders: Sequence[Delivery]) -> Sequence[str]:
            for order in orders:
                await self.client.send(inngest.Event(name=ORDER, id=str(uuid4()), data=order.to_wire()))
            return await ctx.step.run("count", counted, len(orders))

    async def counted(webhooks: int) -> list[str]:
        return ["success"] * webhooks

    return with_functions(design, Sending, Ordered)
