"""The canary: one event that shows whether the dispatcher reaches the receiver, and uses the database of the target."""

import secrets
from contextlib import suppress
from dataclasses import dataclass

import psycopg

from harness.addresses import Addresses
from harness.clients.inngest import LOOK_EVERY
from harness.clients.rows import Delivery, Rows
from harness.errors import SetupError, shortened
from harness.journey import Journey, Sources, publish
from harness.ledger import NoLedger
from harness.preflight.deployment import require_one_deployment
from harness.preflight.finding import Finding
from harness.receiver.receiver import Receiver
from harness.stack import Clients
from harness.tag import Tag
from harness.targets import Target
from harness.waiters import OutOfTimeError, until
from harness.webhooks import Webhook, Webhooks

EVENT = "test/event"
CANARY_WITHIN = 5.0
"""Seconds for the canary; it usually takes less than one."""

REST_WITHIN = 1.0
"""Seconds that a row may come after the end of the run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """What is needed to send one.

    Attributes:
        within: Seconds that it may take.
    """

    target: Target
    addresses: Addresses
    clients: Clients
    rows: Rows
    receiver: Receiver
    tag: Tag
    within: float

    @property
    def tenant(self) -> str:
        return f"{self.tag.tenants}preflight"


def send_canary(canary: Canary) -> Finding:
    """Publish an event for a webhook of our own, and see how far it comes.

    Raises:
        SetupError: It shows that the receiver can't be reached, or that this is another dispatcher's database; or other
            people's webhooks got it.
    """
    webhook = _webhook(canary)
    sources = Sources(
        inngest=canary.clients.inngest, receiver=canary.receiver, rows=canary.rows, slug=canary.addresses.slug
    )
    event = {"name": EVENT, "id": f"evt-{secrets.token_hex(8)}"}
    journey = publish(event | {"data": {"message": "canary", "tenantId": canary.tenant}}, sources)
    _come_to_rest(journey, webhook, canary.within)
    _require_no_strangers(journey, webhook, canary)
    if journey.attempts(webhook):
        return Finding(about="receiver")
    _require_reached(journey, webhook)
    return Finding(about="receiver", good=False, note=_open_question(journey, webhook, canary))


def _webhook(canary: Canary) -> Webhook:
    webhooks = Webhooks(rows=canary.rows, receiver=canary.receiver, tenant=canary.tenant, listener=NoLedger())
    try:
        return webhooks.create(EVENT, retry_config={"maxAttempts": 1, "backoffMs": 20})
    except psycopg.Error as error:
        raise SetupError(
            f"{canary.target.webhooks.name} to take a row with the contract's columns.",
            f"{str(error).strip().splitlines()[0]}.",
            "give further columns a default, or see [tables] in the target's file.",
        ) from None


def _come_to_rest(journey: Journey, webhook: Webhook, within: float) -> None:
    """Wait until the canary has arrived and been recorded, or nothing more will come of it."""
    with suppress(OutOfTimeError):
        until(lambda: [run for run in journey.runs() if run.ended], within=within, every=LOOK_EVERY)
    with suppress(OutOfTimeError):
        until(lambda: journey.attempts(webhook) or _rows(journey), within=REST_WITHIN, every=LOOK_EVERY)


def _rows(journey: Journey, webhook: Webhook | None = None) -> list[Delivery]:
    return [row for row in journey.recorded() if webhook is None or row.webhook_id == webhook.id]


def _require_reached(journey: Journey, webhook: Webhook) -> None:
    tried = [row for row in _rows(journey, webhook) if row.status_code is None and row.error_message]
    if tried:
        raise SetupError(
            f"the dispatcher to reach the receiver at {webhook.url}.",
            f"it tried, and says: {tried[-1].error_message}.",
            "set [receiver] host of the target's file (and listen) to an address of this machine that it can reach.",
        )


def _require_no_strangers(journey: Journey, webhook: Webhook, canary: Canary) -> None:
    strangers = sorted({row.webhook_id for row in _rows(journey)} - {webhook.id})
    if strangers:
        raise SetupError(
            f"an event of the tenant {canary.tenant} to reach that tenant's webhook alone.",
            f"this dispatcher delivered it to other people's webhooks too: {shortened([*map(str, strangers)])}.",
            "this breaks MAT-04; judge it where there are no webhooks but yours, since hundreds of test events follow.",
        )


def _open_question(journey: Journey, webhook: Webhook, canary: Canary) -> str:
    """Return what is not known of a canary that has not arrived.

    Raises:
        SetupError: It could not arrive, because the target's file joins parts of two deployments.
    """
    if not any(run.ended for run in journey.runs()):
        return f"the canary started no run that ended within {canary.within:g} s"
    if _rows(journey, webhook):
        return "the canary was recorded, but has not arrived"
    require_one_deployment(canary.target, canary.addresses, canary.clients.inngest, canary.rows, tenant=canary.tenant)
    table = canary.target.webhooks.name
    return f"the canary's run ended without a trace of its webhook: is this {table} the dispatcher's own?"
