"""Publish → delivered: from the event API, through the reference dispatcher, to the receiver of its webhook.

The event API and not the kernel, which would add a process of its own to what an engine is measured by.
"""

import statistics
from contextlib import ExitStack, closing
from pathlib import Path

from bench.contestants import REAL
from harness.clients.rows import Rows
from harness.journey import Sources, publish
from harness.ledger import Ledger
from harness.receiver.receiver import Receiver
from harness.redaction import Redactor
from harness.session import Session
from harness.settings import Settings
from harness.stack import Clients
from harness.targets import Target
from harness.webhooks import Webhook, Webhooks

REFERENCE = Target(name="reference", kind="reference", folder=Path())
ROUNDS = 6


def p50(contestant: str, count: int, folder: Path, inngest_bin: str | None) -> float:
    """Return the median of the seconds that a delivery takes, in the best of some rounds."""
    engine = "binary" if contestant == REAL else "embedded"
    settings = Settings(engine=engine, inngest_bin=inngest_bin or "", artifacts=folder / "delivery")
    with ExitStack() as stack:
        sources, webhook = _prepared(stack, settings)
        _delivered("first", webhook, sources)
        rounds = [
            [_delivered(f"{number}-{event}", webhook, sources) for event in range(count)] for number in range(ROUNDS)
        ]
    return min(map(statistics.median, rounds))


def _prepared(stack: ExitStack, settings: Settings) -> tuple[Sources, Webhook]:
    """Start the whole platform, and give it a webhook."""
    session = stack.enter_context(closing(Session(settings, REFERENCE, Redactor())))
    addresses = session.start_stack()
    clients = stack.enter_context(closing(Clients.of(addresses)))
    rows = stack.enter_context(closing(Rows(addresses.dsn)))
    receiver = stack.enter_context(closing(Receiver().start()))
    ledger = stack.enter_context(closing(Ledger(session.folder, "bench")))
    sources = Sources(inngest=clients.inngest, receiver=receiver, rows=rows, slug=addresses.slug)
    webhook = Webhooks(rows=rows, receiver=receiver, tenant="bench", listener=ledger).create("test/event")
    return sources, webhook


def _delivered(event_id: str, webhook: Webhook, sources: Sources) -> float:
    event = {"name": "test/event", "id": event_id, "data": {"tenantId": "bench", "message": "how fast?"}}
    journey = publish(event, sources)
    [attempt] = journey.arrives(webhook)
    return attempt.at - journey.at
