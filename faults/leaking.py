"""Faults by which a secret shows (SIG-07): in steps, events, rows, logs and requests."""

import base64
import logging
from dataclasses import asdict, replace
from typing import Any

import inngest

from faults.catalogue import fault, with_parts
from faults.changes import with_attempter, with_functions
from reference_dispatcher.app import Design
from reference_dispatcher.attempt import Attempter
from reference_dispatcher.functions import Dispatch
from reference_dispatcher.parts import Parts
from reference_dispatcher.store import SqlRecorder, WebhookReader
from reference_dispatcher.values import Delivery, Outcome, PublishedEvent, Request, Webhook


@fault("SIG-07", hop="run started", stays_green=("SIG-01", "SIG-02"))
def secrets_in_a_step(design: Design) -> Design:
    """The step that matches returns whole rows, which Inngest stores and shows."""

    class Showing(Dispatch):
        async def match(self, ctx: inngest.Context, event: PublishedEvent, tenant: str) -> list[int]:
            async def rows() -> list[dict[str, Any]]:
                webhooks = await self.parts.matcher.match(event, tenant)
                return [asdict(webhook) for each in webhooks if (webhook := await self.parts.reader.read(each))]

            return [row["webhook_id"] for row in await ctx.step.run("match", rows)]

    return with_functions(design, Showing)


@fault("SIG-07", hop="stored", stays_green=("SIG-01", "SIG-02"))
def secrets_in_the_child_event(design: Design) -> Design:
    """The secret is handed to the child run, and so stands in the event that starts it."""

    class Handing(Dispatch):
        async def child(self, ctx: inngest.Context, order: Delivery) -> str:
            webhook = await self.parts.reader.read(order.webhook_id)
            data = {**order.to_wire(), "secret": webhook and webhook.secret}
            result = await ctx.step.invoke(f"webhook:{order.webhook_id}", function=self.deliver, data=data)
            return str(result["status"])

    return with_functions(design, Handing)


@fault("SIG-07", hop="recorded", stays_green=("SIG-01", "SIG-02"))
def secret_in_the_row(design: Design) -> Design:
    """The reason of a failure is recorded with the webhook, secret included."""

    def change(parts: Parts) -> Parts:
        class Quoting(SqlRecorder):
            async def record(self, delivery: Delivery, outcome: Outcome) -> None:
                webhook = await parts.reader.read(delivery.webhook_id)
                reason = outcome.error_message and f"{outcome.error_message} (secret {webhook and webhook.secret})"
                await super().record(delivery, replace(outcome, error_message=reason))

        return replace(parts, recorder=Quoting(parts.database))

    return with_parts(design, change)


@fault("SIG-07", hop="delivered", stays_green=("SIG-01", "SIG-02"))
def secret_in_the_log(design: Design) -> Design:
    """Each webhook is logged as it was read."""

    class Logging(WebhookReader):
        async def read(self, webhook_id: int) -> Webhook | None:
            webhook = await super().read(webhook_id)
            logging.getLogger("reference_dispatcher").info("read %s", webhook and asdict(webhook))
            return webhook

    return with_parts(design, lambda parts: replace(parts, reader=Logging(parts.database)))


@fault("SIG-07", hop="delivered", stays_green=("SIG-01", "SIG-02"))
def secret_in_a_header(design: Design) -> Design:
    """A header for finding faults holds the secret in base64."""

    class Debugging(Attempter):
        def request(self, delivery: Delivery, webhook: Webhook) -> Request:
            request = super().request(delivery, webhook)
            secret = base64.b64encode((webhook.secret or "").encode()).decode()
            return replace(request, headers=(*request.headers, ("X-Debug", secret)))

    return with_attempter(design, Debugging)
