"""Odd webhooks: rows that people and other programs can write, and that a dispatcher may refuse to serve.

Refusing is no silence: what is not delivered is recorded as failed.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import psycopg

from harness.clients.inngest import LOOK_EVERY
from harness.clients.rows import Delivery
from harness.errors import UnmetError
from harness.journey import Journey
from harness.receiver.attempts import Attempt
from harness.targets import Target
from harness.waiters import OutOfTimeError, until
from harness.webhooks import Webhook, Webhooks

Columns = Mapping[str, Mapping[str, Any]]
"""Columns of webhooks, by the name of what is odd about them."""

ROW_WITHIN = 2.0
"""Seconds that the last row may come after the run's end."""


def forgeries(target: Target) -> dict[str, str]:
    """Return forged headers that are the dispatcher's own, in spellings that a careless comparison does not know."""
    named = {
        target.signature.header: f"{target.signature.prefix}{'0' * 64}",
        target.headers.delivery: "f0f0f0f0-0000-4000-8000-f0f0f0f0f0f0",
        target.headers.event: "forged/event",
        "Content-Type": "text/forged",
        "Content-Length": "3",
        "Host": "forged.example",
        "webhook-id": "forged",
        "webhook-timestamp": "1",
        "webhook-signature": "v1,forged",
    }
    return {name.swapcase(): value for name, value in named.items()}


def create_each(webhooks: Webhooks, cases: Columns) -> dict[str, Webhook]:
    """Register a webhook for each case, as far as the database takes such a row."""
    created = {}
    for case, columns in cases.items():
        with suppress(psycopg.IntegrityError):
            created[case] = webhooks.create(**columns)
    return created


def delivered_or_refused(journey: Journey, webhook: Webhook) -> tuple[Attempt, ...]:
    """Return all that arrived at a webhook of this event alone, none when the rows say that it was refused.

    Raises:
        UnmetError: Nothing arrived, and no row says that it failed.
    """
    journey.ends()
    rows = () if webhook.attempts else _final_rows(journey, webhook)
    if not webhook.attempts and [(row.status, row.status_code) for row in rows[-1:]] != [("failed", None)]:
        raise UnmetError(
            f"webhook {webhook.id} to get {journey.event['name']} {journey.id}, or a row that says that it failed.",
            f"no request, and rows (status, code) {[(row.status, row.status_code) for row in rows]}.",
            "record what is refused, or it is lost without a trace.",
            hop="recorded",
        )
    return webhook.attempts


def _final_rows(journey: Journey, webhook: Webhook) -> tuple[Delivery, ...]:
    """Return the rows of an event whose run has ended; waits a moment for a last one that is final."""
    try:
        return until(
            lambda: journey.rows(webhook, count=1, within=0),
            lambda rows: rows and rows[-1].status != "retrying",
            within=journey.within(ROW_WITHIN),
            every=LOOK_EVERY,
        )
    except OutOfTimeError:
        return journey.rows(webhook, count=1, within=0)
