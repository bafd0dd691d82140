"""Dispatchers that are correct but different: whoever accuses one of them asks for more than the contract does."""

import base64
import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import inngest

from faults.catalogue import variant, with_parts
from faults.changes import with_functions, with_settings
from faults.one_run import OneRun
from reference_dispatcher.app import Design
from reference_dispatcher.functions import MOST_OVERSLEPT, Deliver, Dispatch
from reference_dispatcher.headers import merge
from reference_dispatcher.matching import NoDeliveryError
from reference_dispatcher.payload import DELIVERY_IDS
from reference_dispatcher.signature import HmacSigner, beema_signature
from reference_dispatcher.store import SqlRecorder
from reference_dispatcher.values import Delivery, Envelope, Outcome, PublishedEvent, Webhook

Json = dict[str, Any]
Headers = tuple[tuple[str, str], ...]


@variant()
def all_in_one_run(design: Design) -> Design:
    """Every attempt at every webhook is a step of the one run, in branches beside each other; there are no children."""
    return with_functions(design, OneRun)


@variant()
def unusable_tenant_fails_the_run(design: Design) -> Design:
    """A tenant that is not usable makes the run fail, with the reason as its error."""

    class Raising(Dispatch):
        def tenant(self, event: PublishedEvent) -> str:
            try:
                return super().tenant(event)
            except NoDeliveryError as reason:
                raise inngest.NonRetriableError(str(reason)) from None

    return with_functions(design, Raising)


@variant()
def json_and_headers_in_another_style(design: Design) -> Design:
    """The body is indented and sorted, the headers are in lower case and in another order, the ids are other UUIDs."""

    def written(event: PublishedEvent) -> str:
        payload = {"event": event.name, "id": event.id, "data": event.data, "user": event.user, "timestamp": event.ts}
        return json.dumps(payload, sort_keys=True, indent=2)

    def identified(event_id: str, webhook_id: int) -> str:
        return str(uuid.uuid3(DELIVERY_IDS, f"{event_id}/{webhook_id}")).upper()

    def merged(configured: Any, own: Mapping[str, str]) -> Headers:
        typed = {**own, "Content-Type": "application/json; charset=utf-8"}
        return tuple((name.lower(), value) for name, value in reversed(merge(configured, typed)))

    return with_parts(design, lambda parts: replace(parts, builder=written, identify=identified, merge_headers=merged))


@variant("SIG-06")
def beema_signature_alone(design: Design) -> Design:
    """Deliveries carry Beema's own signature and nothing of Standard Webhooks."""

    class Signer(HmacSigner):
        def sign(self, envelope: Envelope, webhook: Webhook) -> dict[str, str]:
            signed = super().sign(envelope, webhook)
            return {"X-Beema-Signature": signed["X-Beema-Signature"]}

    return with_parts(design, lambda parts: replace(parts, signer=Signer()))


@variant(target="faults/other_names.toml")
def names_of_its_own(design: Design) -> Design:
    """App, function and headers have other names, and the signature is in base64, as the target's file tells."""
    names = {"X-Beema-Event": "X-Acme-Topic", "X-Beema-Delivery": "X-Acme-Message"}
    ours = {*map(str.lower, names.values()), "x-acme-signature"}

    class Signer(HmacSigner):
        def sign(self, envelope: Envelope, webhook: Webhook) -> dict[str, str]:
            standard = super().sign(envelope, webhook)
            standard.pop("X-Beema-Signature")
            digest = bytes.fromhex(beema_signature(envelope.body, str(webhook.secret)))
            return {"X-Acme-Signature": base64.b64encode(digest).decode(), **standard}

    def merged(configured: Any, own: Mapping[str, str]) -> Headers:
        theirs = merge(configured, {})
        allowed = {name: value for name, value in theirs if name.lower() not in ours}
        return merge(allowed, {names.get(name, name): value for name, value in own.items()})

    renamed = with_settings(design, lambda settings: replace(settings, inngest_app_id="acme-hooks"))
    functions = with_functions(renamed, type("FanOut", (Dispatch,), {"id": "fan-out", "name": "Fan out"}))
    return with_parts(functions, lambda parts: replace(parts, signer=Signer(), merge_headers=merged))


@variant()
def waits_by_errors(design: Design) -> Design:
    """The back-off is no sleep: a step raises RetryAfterError, and Inngest tries it again when it is time."""

    class Raising(Deliver):
        async def pause(self, ctx: inngest.Context, outcome: Outcome) -> None:
            wake = datetime.fromisoformat(str(outcome.resume_at)) - timedelta(seconds=MOST_OVERSLEPT)

            async def wait() -> None:
                if datetime.now(UTC) < wake:
                    raise inngest.RetryAfterError("not yet", retry_after=wake, quiet=True)

            await ctx.step.run(f"wait:{outcome.number}", wait)

    return with_functions(design, deliver=Raising)


@variant()
def counts_taken_from_the_rows(design: Design) -> Design:
    """The counts of a webhook are no sums that are added to: each record counts the rows anew."""
    counted = """
        UPDATE sys_webhooks w
        SET success_count = (SELECT count(*) FROM sys_webhook_deliveries d
                             WHERE d.webhook_id = w.webhook_id AND d.status = 'success'),
            failure_count = (SELECT count(*) FROM sys_webhook_deliveries d
                             WHERE d.webhook_id = w.webhook_id AND d.status = 'failed')
        WHERE webhook_id = %(webhook_id)s
    """

    class Counting(SqlRecorder):
        async def record(self, delivery: Delivery, outcome: Outcome) -> None:
            await super().record(delivery, outcome)
            async with self._database.connection() as connection, connection.transaction():
                await connection.execute(
                    "SELECT 1 FROM sys_webhooks WHERE webhook_id = %(id)s FOR UPDATE", {"id": delivery.webhook_id}
                )
                await connection.execute(counted, {"webhook_id": delivery.webhook_id})

    return with_parts(design, lambda parts: replace(parts, recorder=Counting(parts.database)))
