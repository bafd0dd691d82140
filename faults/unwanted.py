"""Faults of attempts that nobody wants any more: the receiver is gone, or the webhook was taken away."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, LiteralString

import inngest

from faults.catalogue import fault, with_parts
from faults.changes import with_attempter, with_functions, with_policy
from reference_dispatcher.app import Design
from reference_dispatcher.attempt import Attempter
from reference_dispatcher.functions import Deliver, Dispatch
from reference_dispatcher.parts import Parts
from reference_dispatcher.store import SqlRecorder
from reference_dispatcher.values import Delivery, Outcome, Webhook


@fault("RET-09", hop="delivered", stays_green=("RET-01", "RET-06"))
def gone_is_tried_again(design: Design) -> Design:
    """A 410 is a failure like any other."""
    return with_policy(design, gone=lambda *_: False)


OF_THE_TENANT = """
    UPDATE sys_webhooks SET enabled = false
    WHERE tenant_id = (SELECT tenant_id FROM sys_webhooks WHERE webhook_id = %(id)s)
"""
FIRST = " AND webhook_id = (SELECT min(webhook_id) FROM sys_webhooks of WHERE of.tenant_id = sys_webhooks.tenant_id)"


def with_gone(design: Design, change: LiteralString) -> Design:
    """Return the design that runs another statement when a receiver is gone."""

    def other(parts: Parts) -> Parts:
        class Recorder(SqlRecorder):
            async def record(self, delivery: Delivery, outcome: Outcome) -> None:
                await super().record(delivery, replace(outcome, disable=False))
                if outcome.disable:
                    await parts.database.rows(change, {"id": delivery.webhook_id})

        return replace(parts, recorder=Recorder(parts.database))

    return with_parts(design, other)


@fault("RET-09", hop="delivered", stays_green=("RET-01", "RET-06"))
def gone_stays_enabled(design: Design) -> Design:
    """After a 410 there are no more attempts for this event, but the next one is sent again."""
    return with_gone(design, "SELECT")


@fault("RET-09", hop="delivered", stays_green=("RET-01", "RET-06"))
def gone_disables_the_tenants_first(design: Design) -> Design:
    """A 410 disables the oldest webhook of the tenant, whoever gave it."""
    return with_gone(design, OF_THE_TENANT + FIRST + " RETURNING 1")


@fault("RET-09", hop="delivered", stays_green=("RET-01", "RET-06"))
def gone_fails_the_run(design: Design) -> Design:
    """An event for which somebody is gone ends in a failed run, although all others got it."""

    class Failing(Deliver):
        async def handle(self, ctx: inngest.Context) -> dict[str, Any]:
            result = await super().handle(ctx)
            return result | {"status": "gone" if result["statusCode"] == 410 else result["status"]}  # noqa: PLR2004 - HTTP's

    class Strict(Dispatch):
        async def fan_out(self, ctx: inngest.Context, orders: Sequence[Delivery]) -> Sequence[str]:
            statuses = await super().fan_out(ctx, orders)
            if "gone" in statuses:
                raise inngest.NonRetriableError("a receiver is gone")
            return statuses

    return with_functions(design, dispatch=Strict, deliver=Failing)


@fault("RET-13", hop="delivered", stays_green=("RET-06", "RET-09"))
def switch_asked_once(design: Design) -> Design:
    """Whether a webhook is enabled is asked before the first attempt alone."""

    class Once(Attempter):
        def obstacle(self, webhook: Webhook, number: int) -> str | None:
            return super().obstacle(webhook, number) if number == 1 else None

    return with_attempter(design, Once)


@fault("RET-13", hop="delivered", stays_green=("RET-06", "RET-08"))
def webhook_remembered(design: Design) -> Design:
    """A webhook is read before its first attempt, and never again, so that a deleted one goes on to be called."""

    def other(parts: Parts) -> Parts:
        known: dict[int, Webhook | None] = {}

        class Remembering:
            async def read(self, webhook_id: int) -> Webhook | None:
                if webhook_id not in known:
                    known[webhook_id] = await parts.reader.read(webhook_id)
                return known[webhook_id]

        return replace(parts, reader=Remembering())

    return with_parts(design, other)


@fault("RET-13", hop="delivered", stays_green=("RET-06", "RET-09"))
def deleted_webhook_recorded(design: Design) -> Design:
    """A row is written for a webhook that is no more, which the database refuses, again and again."""

    def other(parts: Parts) -> Parts:
        class Recorder(SqlRecorder):
            async def record(self, delivery: Delivery, outcome: Outcome) -> None:
                if not await parts.reader.read(delivery.webhook_id):
                    raise LookupError("violates foreign key constraint")
                await super().record(delivery, outcome)

        return replace(parts, recorder=Recorder(parts.database))

    return with_parts(design, other)
