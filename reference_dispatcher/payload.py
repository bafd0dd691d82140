"""From the event that Inngest holds to the frozen body that every webhook gets."""

import json
from contextvars import ContextVar
from typing import Any, Protocol
from uuid import UUID, uuid5

import inngest

from reference_dispatcher.values import PublishedEvent

MAX_BODY_BYTES = 1_000_000
MAX_FAN_OUT_BYTES = 7_000_000
"""All children are ordered in one reply, and Inngest reads at most 8 MiB of one."""

DELIVERY_IDS = UUID("7f1d1f6a-4d0c-5c1e-9a53-0d7c2b7e5a10")

published_event: ContextVar[PublishedEvent] = ContextVar("published_event")
"""The event of the run that is being called."""


class _Body(Protocol):
    async def json(self) -> Any: ...


class KeepWholeEvent(inngest.Middleware):
    """Keeps the event as it came: the SDK's own `Event` has no `user` and turns null data into an empty object."""

    async def transform_input(self, ctx: object, function: object, steps: object) -> None:  # noqa: ARG002 - the SDK's hook
        request: _Body = self.raw_request  # type: ignore[assignment] # the SDK says object; FastAPI's serve gives its Request
        published_event.set(read_event(await request.json()))


def read_event(call: Any) -> PublishedEvent:
    """Return the event of a call by Inngest."""
    event = call["event"]
    return PublishedEvent(
        name=event["name"], id=event["id"], data=event.get("data"), user=event.get("user"), ts=event["ts"]
    )


def build_body(event: PublishedEvent) -> str:
    """Return the JSON object that is sent: compact, nothing but the event, every character as itself."""
    payload = {"event": event.name, "id": event.id, "data": event.data, "user": event.user, "timestamp": event.ts}
    return json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def delivery_id(event_id: str, webhook_id: int) -> str:
    """Return the id that all attempts of one event for one webhook share, and no other pair has."""
    return str(uuid5(DELIVERY_IDS, f"{webhook_id}:{event_id}"))


def too_large(body: str, webhooks: int) -> str | None:
    """Say why a body is not fit to be sent to this many webhooks; None when it is."""
    size = len(body.encode())
    if size > MAX_BODY_BYTES:
        return f"the payload has {size} bytes; at most {MAX_BODY_BYTES} are delivered"
    ordered = len(json.dumps(body)) * webhooks
    if ordered > MAX_FAN_OUT_BYTES:
        return f"{webhooks} deliveries of {size} bytes are {ordered} bytes; Inngest takes at most {MAX_FAN_OUT_BYTES}"
    return None
