"""The two Inngest functions: one run for an event, and below it one run for each webhook that gets the event.

Whatever has an effect is a step of its own. What a step returned is kept, so a failure later never repeats it: a
recording that fails is tried again without another POST, and a dead webhook delays or ends nothing for its siblings.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import inngest

from reference_dispatcher.attempt import attempt, log, one_line
from reference_dispatcher.matching import NoDeliveryError, tenant_of
from reference_dispatcher.parts import Parts
from reference_dispatcher.payload import KeepWholeEvent, published_event, too_large
from reference_dispatcher.values import Delivery, Outcome, PublishedEvent

RETRIES = 20
"""How often a step is tried again when the database is away; the most that a server allows."""

NEVER_PUBLISHED = "inngest/webhook-delivery.requested"
"""The trigger of the child, which needs one: nobody may publish a reserved name, so it is only ever invoked."""

Json = dict[str, Any]
Functions = list[inngest.Function[Any]]


def make_functions(client: inngest.Inngest, parts: Parts) -> Functions:
    """Return the functions that the dispatcher serves."""
    deliver = client.create_function(
        fn_id="webhook-delivery",
        name="Webhook delivery",
        trigger=inngest.TriggerEvent(event=NEVER_PUBLISHED),
        retries=RETRIES,
        concurrency=[inngest.Concurrency(limit=200)],
    )(_delivery_handler(parts))
    dispatch = client.create_function(
        fn_id="webhook-dispatcher",
        name="Webhook dispatcher",
        trigger=[inngest.TriggerEvent(event=name) for name in parts.triggers],
        retries=RETRIES,
        concurrency=[inngest.Concurrency(limit=100)],
        middleware=[KeepWholeEvent],
    )(_dispatch_handler(parts, deliver))
    return [dispatch, deliver]


def _dispatch_handler(parts: Parts, deliver: inngest.Function[Json]) -> Callable[[inngest.Context], Awaitable[Json]]:
    async def dispatch(ctx: inngest.Context) -> Json:
        event = published_event.get()
        try:
            tenant = tenant_of(event)
        except NoDeliveryError as reason:
            return _summary(event, (), message=str(reason))
        webhooks = await ctx.step.run("match", parts.matcher.match, event, tenant)
        children = [partial(_child, ctx, deliver, order) for order in _orders(parts, event, webhooks)]
        statuses = await ctx.group.parallel(tuple(children))
        log.info("dispatched event=%s type=%s to %d webhooks", one_line(event.id), event.name, len(webhooks))
        return _summary(event, statuses, message=f"{len(webhooks)} webhooks matched")

    return dispatch


def _orders(parts: Parts, event: PublishedEvent, webhooks: Sequence[int]) -> list[Delivery]:
    """Return what each child is to deliver. All of them get the same frozen body."""
    body = parts.builder(event)
    refusal = too_large(body, len(webhooks))
    return [
        Delivery(
            webhook_id=webhook_id,
            event_id=event.id,
            event_type=event.name,
            delivery_id=parts.identify(event.id, webhook_id),
            body=None if refusal else body,
            refusal=refusal,
        )
        for webhook_id in webhooks
    ]


async def _child(ctx: inngest.Context, deliver: inngest.Function[Json], order: Delivery) -> str:
    """Run one delivery. Its failure is a status, since an error that escapes the group would end the siblings too."""
    try:
        result = await ctx.step.invoke(f"webhook:{order.webhook_id}", function=deliver, data=order.to_wire())
    except inngest.StepError as error:
        log.warning(
            "delivery event=%s webhook=%d ended in error: %s", one_line(order.event_id), order.webhook_id, error
        )
        return "failed"
    return str(result["status"])


def _summary(event: PublishedEvent, statuses: Sequence[str], *, message: str) -> Json:
    return {
        "message": message,
        "eventType": event.name,
        "webhooksCount": len(statuses),
        "successCount": statuses.count("success"),
        "failureCount": statuses.count("failed"),
    }


def _delivery_handler(parts: Parts) -> Callable[[inngest.Context], Awaitable[Json]]:
    async def deliver(ctx: inngest.Context) -> Json:
        delivery = _ordered(ctx)
        earlier: Outcome | None = None
        number = 1
        while True:
            outcome = await _deliver_step(ctx, parts, delivery, number)
            if outcome.status == "stopped":
                return await _stop(ctx, parts, delivery, earlier, outcome)
            await ctx.step.run(f"record:{number}", parts.recorder.record, delivery, outcome)
            if outcome.resume_at is None:
                return _result(delivery, outcome)
            await ctx.step.sleep_until(f"backoff:{number}", datetime.fromisoformat(outcome.resume_at))
            earlier, number = outcome, number + 1

    return deliver


def _ordered(ctx: inngest.Context) -> Delivery:
    try:
        return Delivery.from_wire(ctx.event.data)
    except KeyError as missing:
        raise inngest.NonRetriableError(f"this function is for webhook-dispatcher to invoke; no {missing}") from None


async def _deliver_step(ctx: inngest.Context, parts: Parts, delivery: Delivery, number: int) -> Outcome:
    async def deliver() -> Json:
        return (await attempt(parts, delivery, number)).to_wire()

    return Outcome(**await ctx.step.run(f"deliver:{number}", deliver))


async def _stop(
    ctx: inngest.Context, parts: Parts, delivery: Delivery, earlier: Outcome | None, stopped: Outcome
) -> Json:
    """End a delivery that nobody wants any more: the attempt that this one was to follow has now failed."""
    if earlier is None:
        return _result(delivery, stopped)
    reasons = f"{earlier.error_message}; not tried again: {stopped.error_message}"
    failed = replace(earlier, status="failed", resume_at=None, error_message=reasons)
    await ctx.step.run(f"record:{stopped.number}", parts.recorder.record, delivery, failed)
    return _result(delivery, failed)


def _result(delivery: Delivery, outcome: Outcome) -> Json:
    return {
        "webhookId": delivery.webhook_id,
        "status": outcome.status,
        "attempts": outcome.number,
        "statusCode": outcome.status_code,
        "error": outcome.error_message,
    }
