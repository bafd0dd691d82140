"""The two Inngest functions: one run for an event, and below it one run for each webhook that gets the event.

Whatever has an effect is a step of its own. What a step returned is kept, so a failure later never repeats it: a
recording that fails is tried again without another POST, and a dead webhook delays or ends nothing for its siblings.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar

import inngest

from reference_dispatcher.attempt import Attempter, log, one_line
from reference_dispatcher.matching import NoDeliveryError, tenant_of
from reference_dispatcher.parts import Parts
from reference_dispatcher.payload import KeepWholeEvent, published_event, too_large
from reference_dispatcher.values import Delivery, Outcome, PublishedEvent

RETRIES = 20
"""How often a step is tried again when the database is away; the most that a server allows."""

MOST_OVERSLEPT = 0.5
"""Seconds by which a server may end a sleep too late, as one does that rounds to whole seconds.

All that fail together would otherwise wake together, and come back in lock-step whatever chance had added.
"""

NEVER_PUBLISHED = "inngest/webhook-delivery.requested"
"""The trigger of the child, which needs one: nobody may publish a reserved name, so it is only ever invoked."""

Json = dict[str, Any]
Functions = list[inngest.Function[Any]]


class Deliver:
    """The function `webhook-delivery`: every attempt for one event at one webhook.

    Attributes:
        attempter: Makes the attempts.
    """

    retries: ClassVar[int] = RETRIES
    at_once: ClassVar[int] = 200
    attempter: ClassVar[type[Attempter]] = Attempter

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.attempts = self.attempter(parts)

    def create(self, client: inngest.Inngest) -> inngest.Function[Json]:
        """Return the function."""
        return client.create_function(
            fn_id="webhook-delivery",
            name="Webhook delivery",
            trigger=inngest.TriggerEvent(event=NEVER_PUBLISHED),
            retries=self.retries,
            concurrency=[inngest.Concurrency(limit=self.at_once)],
        )(self.handle)

    async def handle(self, ctx: inngest.Context) -> Json:
        """Make attempts until one succeeds, none is left, or nobody wants them any more."""
        delivery = _ordered(ctx)
        earlier: Outcome | None = None
        number = 1
        while True:
            outcome = await self.attempt(ctx, delivery, number, earlier)
            if outcome.status == "stopped":
                return await self.stop(ctx, delivery, earlier, outcome)
            await self.record(ctx, delivery, outcome, number)
            if outcome.resume_at is None:
                return _result(delivery, outcome)
            await self.pause(ctx, outcome)
            earlier, number = outcome, number + 1

    async def attempt(self, ctx: inngest.Context, delivery: Delivery, number: int, earlier: Outcome | None) -> Outcome:
        """Make one attempt as a step, whose outcome is kept."""

        async def deliver() -> Json:
            return (await self.attempts.make(delivery, number, earlier)).to_wire()

        return Outcome(**await ctx.step.run(f"deliver:{number}", deliver))

    async def record(self, ctx: inngest.Context, delivery: Delivery, outcome: Outcome, number: int) -> None:
        """Record an outcome as a step of its own, so that recording it again repeats no request."""
        await ctx.step.run(f"record:{number}", self.parts.recorder.record, delivery, outcome)

    async def pause(self, ctx: inngest.Context, outcome: Outcome) -> None:
        """Sleep until a moment before the next attempt may be made: no server is exact, and the rest is waited out."""
        wake = datetime.fromisoformat(str(outcome.resume_at)) - timedelta(seconds=MOST_OVERSLEPT)
        await ctx.step.sleep_until(f"backoff:{outcome.number}", wake)

    async def stop(self, ctx: inngest.Context, delivery: Delivery, earlier: Outcome | None, stopped: Outcome) -> Json:
        """End a delivery that nobody wants any more: the attempt that this one was to follow has now failed."""
        if earlier is None:
            return _result(delivery, stopped)
        reasons = f"{earlier.error_message}; not tried again: {stopped.error_message}"
        failed = replace(earlier, status="failed", resume_at=None, error_message=reasons)
        await self.record(ctx, delivery, failed, stopped.number)
        return _result(delivery, failed)


class Dispatch:
    """The function `webhook-dispatcher`: one event for every webhook that gets it.

    Args:
        deliver: The function that delivers to one webhook.
    """

    id: ClassVar[str] = "webhook-dispatcher"
    name: ClassVar[str] = "Webhook dispatcher"
    middleware: ClassVar[type[inngest.Middleware | inngest.MiddlewareSync]] = KeepWholeEvent
    retries: ClassVar[int] = RETRIES
    at_once: ClassVar[int] = 100

    def __init__(self, parts: Parts, deliver: inngest.Function[Json]) -> None:
        self.parts = parts
        self.deliver = deliver

    def create(self, client: inngest.Inngest) -> inngest.Function[Json]:
        """Return the function."""
        return client.create_function(
            fn_id=self.id,
            name=self.name,
            trigger=[inngest.TriggerEvent(event=name) for name in self.parts.triggers],
            retries=self.retries,
            concurrency=[inngest.Concurrency(limit=self.at_once)],
            middleware=[self.middleware],
        )(self.handle)

    async def handle(self, ctx: inngest.Context) -> Json:
        """Match the event, have it delivered to each webhook, and count what came of it."""
        event = published_event.get()
        try:
            tenant = self.tenant(event)
        except NoDeliveryError as reason:
            return self.summary(event, (), message=str(reason))
        webhooks = await self.match(ctx, event, tenant)
        statuses = await self.fan_out(ctx, self.orders(event, webhooks))
        log.info("dispatched event=%s type=%s to %d webhooks", one_line(event.id), event.name, len(webhooks))
        return self.summary(event, statuses, message=f"{len(webhooks)} webhooks matched")

    def tenant(self, event: PublishedEvent) -> str:
        """Return the tenant whose webhooks may get the event."""
        return tenant_of(event)

    async def match(self, ctx: inngest.Context, event: PublishedEvent, tenant: str) -> list[int]:
        """Find the webhooks as a step, so that a change meanwhile does not change the run."""
        return await ctx.step.run("match", self.parts.matcher.match, event, tenant)

    def orders(self, event: PublishedEvent, webhooks: Sequence[int]) -> list[Delivery]:
        """Return what each child is to deliver. All of them get the same frozen body."""
        body = self.parts.builder(event)
        refusal = too_large(body, len(webhooks))
        return [
            Delivery(
                webhook_id=webhook_id,
                event_id=event.id,
                event_type=event.name,
                delivery_id=self.parts.identify(event.id, webhook_id),
                body=None if refusal else body,
                refusal=refusal,
            )
            for webhook_id in webhooks
        ]

    async def fan_out(self, ctx: inngest.Context, orders: Sequence[Delivery]) -> Sequence[str]:
        """Run all deliveries beside each other and return the status of each."""
        return await ctx.group.parallel(tuple(partial(self.child, ctx, order) for order in orders))

    async def child(self, ctx: inngest.Context, order: Delivery) -> str:
        """Run one delivery. Its failure is a status: an error that escapes the group would end the siblings too."""
        try:
            result = await ctx.step.invoke(f"webhook:{order.webhook_id}", function=self.deliver, data=order.to_wire())
        except inngest.StepError as error:
            log.warning(
                "delivery event=%s webhook=%d ended in error: %s", one_line(order.event_id), order.webhook_id, error
            )
            return "failed"
        return str(result["status"])

    def summary(self, event: PublishedEvent, statuses: Sequence[str], *, message: str) -> Json:
        """Return the output of the run."""
        return {
            "message": message,
            "eventType": event.name,
            "webhooksCount": len(statuses),
            "successCount": statuses.count("success"),
            "failureCount": statuses.count("failed"),
        }


def make_functions(
    client: inngest.Inngest, parts: Parts, dispatch: type[Dispatch] = Dispatch, deliver: type[Deliver] = Deliver
) -> Functions:
    """Return the functions that the dispatcher serves."""
    child = deliver(parts).create(client)
    return [dispatch(parts, child).create(client), child]


def _ordered(ctx: inngest.Context) -> Delivery:
    try:
        return Delivery.from_wire(ctx.event.data)
    except KeyError as missing:
        raise inngest.NonRetriableError(f"this function is for webhook-dispatcher to invoke; no {missing}") from None


def _result(delivery: Delivery, outcome: Outcome) -> Json:
    return {
        "webhookId": delivery.webhook_id,
        "status": outcome.status,
        "attempts": outcome.number,
        "statusCode": outcome.status_code,
        "error": outcome.error_message,
    }
