"""The parts of the dispatcher and the seams between them.

Whoever wants another behaviour replaces one part:

    from dataclasses import replace
    from reference_dispatcher.app import Design, run
    from reference_dispatcher.parts import default_parts

    run(Design(parts=lambda settings: replace(default_parts(settings), triggers=("policy/bound",))))
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from reference_dispatcher.delivery import HttpSender
from reference_dispatcher.guard import Guard
from reference_dispatcher.headers import merge
from reference_dispatcher.matching import SqlMatcher
from reference_dispatcher.payload import build_body, delivery_id
from reference_dispatcher.retry import RetryPlan, RetryPolicy
from reference_dispatcher.settings import Settings
from reference_dispatcher.signature import HmacSigner
from reference_dispatcher.store import Database, SqlRecorder, WebhookReader
from reference_dispatcher.values import (
    Answer,
    Delivery,
    Envelope,
    Outcome,
    PublishedEvent,
    Request,
    Webhook,
)

CATALOGUE = (
    "policy/bound",
    "policy/renewed",
    "claim/opened",
    "claim/settled",
    "agreement/created",
    "agreement/updated",
    "test/event",
    "test/webhook",
)
"""The events of the platform, each by its full name: a bare `*` never fires."""


class Matcher(Protocol):
    """Finds who gets an event."""

    async def match(self, event: PublishedEvent, tenant: str) -> list[int]: ...


class Reader(Protocol):
    """Reads a webhook as it is now."""

    async def read(self, webhook_id: int) -> Webhook | None: ...


class Signer(Protocol):
    """Makes the headers that prove where a delivery comes from."""

    def sign(self, envelope: Envelope, webhook: Webhook) -> dict[str, str]: ...


class Sender(Protocol):
    """Makes one request."""

    async def send(self, request: Request) -> Answer: ...


class Recorder(Protocol):
    """Keeps what became of an attempt."""

    async def record(self, delivery: Delivery, outcome: Outcome) -> None: ...


class Policy(Protocol):
    """Judges answers and spaces attempts."""

    def plan(self, retry_config: Any) -> RetryPlan: ...
    def delivered(self, answer: Answer) -> bool: ...
    def gone(self, answer: Answer) -> bool: ...
    def wait(self, plan: RetryPlan, number: int, answer: Answer) -> float: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Everything the dispatcher is made of.

    Attributes:
        builder: Makes the body from an event.
        identify: Makes the delivery id from event id and webhook id.
        merge_headers: Joins the configured headers of a webhook with ours.
    """

    triggers: tuple[str, ...]
    database: Database
    matcher: Matcher
    builder: Callable[[PublishedEvent], str]
    identify: Callable[[str, int], str]
    reader: Reader
    merge_headers: Callable[[Any, Mapping[str, str]], tuple[tuple[str, str], ...]]
    signer: Signer
    sender: Sender
    policy: Policy
    recorder: Recorder


def default_parts(settings: Settings) -> Parts:
    """Return the parts of the dispatcher as it should be."""
    database = Database(settings.database_url)
    return Parts(
        triggers=CATALOGUE,
        database=database,
        matcher=SqlMatcher(database),
        builder=build_body,
        identify=delivery_id,
        reader=WebhookReader(database),
        merge_headers=merge,
        signer=HmacSigner(),
        sender=HttpSender(Guard(allow_private=settings.webhook_allow_private), timeout=settings.webhook_timeout),
        policy=RetryPolicy(),
        recorder=SqlRecorder(database),
    )
