"""Faults of dispatchers that serve all webhooks in the event's own run, where each can get into the others' way."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import SimpleNamespace
from typing import Any, ClassVar, cast

import inngest

from faults.catalogue import fault
from faults.changes import with_functions, with_refusal
from reference_dispatcher.app import Design
from reference_dispatcher.functions import Deliver, Dispatch
from reference_dispatcher.values import Delivery, PublishedEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The steps of a part of a run, under names of that part."""

    of: Any
    part: str

    def name(self, step_id: str) -> str:
        """Return the name of a step in the whole run."""
        return f"{self.part}:{step_id}"

    def run(self, step_id: str, *work: Any) -> Awaitable[Any]:
        return cast("Awaitable[Any]", self.of.run(self.name(step_id), *work))

    def sleep_until(self, step_id: str, until: datetime) -> Awaitable[None]:
        return cast("Awaitable[None]", self.of.sleep_until(self.name(step_id), until))

    def invoke(self, step_id: str, **options: Any) -> Awaitable[Any]:
        return cast("Awaitable[Any]", self.of.invoke(self.name(step_id), **options))


class SameNames(Steps):
    """Steps that have one name in all parts and attempts."""

    def name(self, step_id: str) -> str:
        return step_id.partition(":")[0]


class OneRun(Dispatch):
    """Makes every attempt a step of the event's own run; correct, unless somebody makes it otherwise.

    Attributes:
        delivery: Makes the attempts for one webhook.
        steps: Names its steps.
    """

    delivery: ClassVar[type[Deliver]] = Deliver
    steps: ClassVar[type[Steps]] = Steps

    async def fan_out(self, ctx: inngest.Context, orders: Sequence[Delivery]) -> Sequence[str]:
        """Make the attempts for all webhooks beside each other."""
        return await ctx.group.parallel(tuple(partial(self.serve, ctx, *each) for each in enumerate(orders)))

    async def serve(self, ctx: inngest.Context, place: int, order: Delivery) -> str:
        """Make the attempts for one webhook, and return what became of the last."""
        event = SimpleNamespace(data=order.to_wire())
        inside = SimpleNamespace(event=event, step=self.steps(of=ctx.step, part=self.part(place, order)))
        result = await self.delivery(self.parts).handle(cast("inngest.Context", inside))
        return str(result["status"])

    def part(self, place: int, order: Delivery) -> str:
        """Return what tells the steps for one webhook from those for others."""
        del place
        return str(order.webhook_id)


class ByPlace(OneRun):
    """Names steps by the webhook's place in a list that is read anew at each call of the run."""

    def part(self, place: int, order: Delivery) -> str:
        del order
        return str(place)

    async def match(self, ctx: inngest.Context, event: PublishedEvent, tenant: str) -> list[int]:
        del ctx
        return await self.parts.matcher.match(event, tenant)


@fault("ISO-01", "RET-05", hop="delivered", stays_green=("PLAT-04", "REG-02"))
def steps_gathered(design: Design) -> Design:
    """`asyncio.gather` runs the steps: the first that ends interrupts the call, and the others' POSTs are forgotten."""

    class Gathered(OneRun):
        async def fan_out(self, ctx: inngest.Context, orders: Sequence[Delivery]) -> Sequence[str]:
            return await asyncio.gather(*(self.serve(ctx, *each) for each in enumerate(orders)))

    return with_functions(design, Gathered)


@fault("ISO-02", "RET-03", hop="delivered", stays_green=("MAT-01", "SIG-01"))
def steps_gathered_with_their_interrupts(design: Design) -> Design:
    """`asyncio.gather(return_exceptions=True)` takes the SDK's interrupts for results: nothing is ever tried again."""

    class Gathered(OneRun):
        async def fan_out(self, ctx: inngest.Context, orders: Sequence[Delivery]) -> Sequence[str]:
            served = (self.serve(ctx, *each) for each in enumerate(orders))
            await asyncio.gather(*served, return_exceptions=True)
            return ["success"] * len(orders)

    return with_functions(design, Gathered)


@fault("ISO-01", hop="delivered", stays_green=("MAT-01", "RET-01"))
def error_escapes_the_group(design: Design) -> Design:
    """A malformed URL fails its step for good; nobody catches that, so it ends the run for the siblings too."""
    return with_functions(with_refusal(design, inngest.NonRetriableError), OneRun)


@fault("ISO-02", hop="delivered", stays_green=("MAT-01", "RET-01"))
def run_ends_with_the_first_who_gives_up(design: Design) -> Design:
    """When one webhook has used up its attempts, the whole run fails, whoever still waits for an attempt."""

    class Final(OneRun):
        async def serve(self, ctx: inngest.Context, place: int, order: Delivery) -> str:
            status = await super().serve(ctx, place, order)
            if status == "failed":
                raise inngest.NonRetriableError(f"webhook {order.webhook_id} could not be served")
            return status

    return with_functions(design, Final)


@fault("ISO-08", hop="delivered", stays_green=("RET-05", "ISO-02"))
def steps_named_by_place(design: Design) -> Design:
    """The webhooks are read at each call of the run and their steps counted: one that goes gives its to the next."""
    return with_functions(design, ByPlace)


@fault("RET-05", hop="delivered", stays_green=("PLAT-04", "REG-02"))
def webhooks_in_any_order(design: Design) -> Design:
    """The webhooks are read at each call of the run in another order, and each gets the steps of its place."""
    calls: dict[str, int] = {}

    class Unordered(ByPlace):
        async def match(self, ctx: inngest.Context, event: PublishedEvent, tenant: str) -> list[int]:
            webhooks = await super().match(ctx, event, tenant)
            turn = calls[event.id] = calls.get(event.id, -1) + 1
            return webhooks[turn % len(webhooks) :] + webhooks[: turn % len(webhooks)] if webhooks else []

    return with_functions(design, Unordered)


@fault("RET-05", hop="delivered", stays_green=("PLAT-04", "MAT-06"))
def steps_of_one_name(design: Design) -> Design:
    """All webhooks' steps have the same names: what is remembered of one is returned for another."""

    class Nameless(OneRun):
        steps = SameNames

    return with_functions(design, Nameless)


@fault("RET-05", "ISO-01", hop="delivered", stays_green=("MAT-01", "RET-01"))
def run_repeated_for_one_webhook(design: Design) -> Design:
    """When a webhook gives up, the run is tried again under new names of steps, and everybody gets the event again."""

    class Repeating(Dispatch):
        async def fan_out(self, ctx: inngest.Context, orders: Sequence[Delivery]) -> Sequence[str]:
            again = SimpleNamespace(step=Steps(of=ctx.step, part=f"try {ctx.attempt}"))
            tried = tuple(partial(self.child, cast("inngest.Context", again), order) for order in orders)
            statuses = await ctx.group.parallel(tried)
            if "failed" in statuses and ctx.attempt == 0:
                raise RuntimeError("not all webhooks have taken the event")
            return statuses

    return with_functions(design, Repeating)
