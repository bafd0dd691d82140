"""The seams: each of these dispatchers is wrong in one way, and took no more than one part to make so."""

from dataclasses import replace
from typing import Any
from urllib.parse import urljoin

import inngest
import pytest

from reference_dispatcher.attempt import Attempter
from reference_dispatcher.delivery import HttpSender
from reference_dispatcher.functions import make_functions
from reference_dispatcher.guard import Guard
from reference_dispatcher.matching import SqlMatcher
from reference_dispatcher.parts import Parts, default_parts
from reference_dispatcher.settings import Settings
from reference_dispatcher.signature import HmacSigner, beema_signature
from reference_dispatcher.store import Database, SqlRecorder
from reference_dispatcher.values import Answer, Delivery, Envelope, Outcome, Request, Webhook
from tests.unit.reference_dispatcher.fakes import FakeReader, FakeSender
from tests.unit.reference_dispatcher.making import delivery, event, outcome, webhook
from tests.unit.reference_dispatcher.raw_server import raw_server
from tests.unit.reference_dispatcher.tables import Tables

pytestmark = pytest.mark.anyio


@pytest.fixture
def parts(settings: Settings) -> Parts:
    """The parts of the dispatcher as it should be."""
    return default_parts(settings)


async def test_trigger_can_be_a_star(parts: Parts) -> None:
    """The triggers are a part."""
    client = inngest.Inngest(app_id="beema-studio", is_production=False)
    dispatch, _ = make_functions(client, replace(parts, triggers=("*",)))

    triggers: list[Any] = dispatch.get_config("http://h.example").main.triggers
    assert [trigger.event for trigger in triggers] == ["*"]


class _FirstSecret(HmacSigner):
    """Signs with the secret of whichever webhook came first."""

    secret: str | None = None

    def sign(self, envelope: Envelope, webhook: Webhook) -> dict[str, str]:
        self.secret = self.secret or webhook.secret
        return super().sign(envelope, replace(webhook, secret=self.secret))


async def test_secret_can_be_of_another_webhook(parts: Parts) -> None:
    """The signer is a part."""
    sender = FakeSender()
    hooks = FakeReader(webhook(webhook_id=1, secret="one"), webhook(webhook_id=2, secret="two"))
    faulty = replace(parts, signer=_FirstSecret(), reader=hooks, sender=sender)
    for number in (1, 2):
        await Attempter(faulty).make(delivery(webhook_id=number), 1)

    wrong = beema_signature(sender.requests[1].body, "one")
    assert dict(sender.requests[1].headers)["X-Beema-Signature"] == f"sha256={wrong}"


class _FirstOnly(SqlRecorder):
    """Records no retry."""

    async def record(self, delivery: Delivery, outcome: Outcome) -> None:
        if outcome.number == 1:
            await super().record(delivery, outcome)


async def test_retries_can_go_unrecorded(parts: Parts, database: Database, tables: Tables) -> None:
    """The recorder is a part."""
    hook = tables.webhook()
    faulty = replace(parts, recorder=_FirstOnly(database))
    for number in (1, 2):
        await faulty.recorder.record(delivery(webhook_id=hook), outcome(number=number))

    assert [row["attempt_number"] for row in tables.deliveries(hook)] == [1]


class _AnyTenant(SqlMatcher):
    """Asks for the type only."""

    query = SqlMatcher.query.replace("tenant_id = %(tenant)s AND", "%(tenant)s::text IS NOT NULL AND")


async def test_tenant_can_be_ignored(parts: Parts, database: Database, tables: Tables) -> None:
    """The matcher is a part."""
    hook = tables.webhook()
    faulty = replace(parts, matcher=_AnyTenant(database))

    assert hook in await faulty.matcher.match(event(), "a tenant without webhooks")


class _Follows(HttpSender):
    """Follows a redirect."""

    async def send(self, request: Request) -> Answer:
        answer = await super().send(request)
        if answer.status == 302:
            return await self.send(replace(request, url=urljoin(request.url, answer.headers["location"])))
        return answer


async def test_redirect_can_be_followed(parts: Parts) -> None:
    """The sender is a part."""
    async with raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as target:
        redirect = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: %s\r\n\r\n" % target.url().encode()
        async with raw_server(redirect) as server:
            faulty = replace(parts, sender=_Follows(Guard(allow_private=True), timeout=2))
            answer = await faulty.sender.send(Request(url=server.url(), headers=(), body=b"{}"))

    assert (answer.status, len(target.requests)) == (200, 1)
