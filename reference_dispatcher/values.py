"""The values that pass between the parts: what was published, who wants it, what is sent, what came of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self

Status = Literal["success", "retrying", "failed", "stopped"]
"""What became of one attempt. `stopped` means that none was made, since nobody wants it any more."""


class RefusedError(Exception):
    """This webhook cannot be served as it is configured, so nothing is sent and nothing is tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedEvent:
    """An event exactly as Inngest holds it."""

    name: str
    id: str
    data: Any
    user: Any
    ts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A row of `sys_webhooks`, as far as a delivery needs it; nothing in it has been checked."""

    webhook_id: int
    url: str | None
    secret: str | None = field(repr=False)
    enabled: bool | None
    headers: Any
    retry_config: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event for one webhook. The body is frozen text, so every attempt sends the same bytes.

    Attributes:
        delivery_id: The same on every attempt, different for every other event or webhook.
        body: None when the event is not fit to be sent; `refusal` says why.
    """

    webhook_id: int
    event_id: str
    event_type: str
    delivery_id: str
    body: str | None
    refusal: str | None = None

    def to_wire(self) -> dict[str, Any]:
        """Return the form in which a child run receives it."""
        return asdict(self)

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Self:
        """Read the form of `to_wire`; Inngest adds fields of its own, which are dropped."""
        return cls(**{name: data[name] for name in cls.__slots__})


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What a signer signs."""

    delivery_id: str
    sent_at: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One POST, complete."""

    url: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: either a whole answer, or an error and nothing else.

    Attributes:
        headers: Names in lower case.
        body: The beginning of the body; a long one is not read to its end.
    """

    status: int | None
    headers: Mapping[str, str]
    body: bytes
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one attempt; holds no secret, since Inngest stores and shows it.

    Attributes:
        finished_at: ISO time.
        resume_at: ISO time of the next attempt at the earliest; only of a `retrying` one.
        disable: The receiver said that it is gone for good.
    """

    number: int
    status: Status
    status_code: int | None = None
    response_body: str | None = None
    error_message: str | None = None
    finished_at: str
    resume_at: str | None = None
    disable: bool = False

    def to_wire(self) -> dict[str, Any]:
        """Return the form in which Inngest keeps it between steps."""
        return asdict(self)
