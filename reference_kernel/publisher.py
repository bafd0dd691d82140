"""Publishing to Inngest: an event counts as published only when Inngest has said so."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

PATIENCE = 5.0
"""Seconds that Inngest gets to take an event."""


class PublishError(Exception):
    """Inngest did not take the events, so the caller must not believe that it did.

    Attributes:
        status: What the kernel answers: 503 if Inngest cannot be reached, 502 if it refuses.
    """

    def __init__(self, text: str, *, status: int) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event to publish; its id is made here, so that the caller can follow it."""

    name: str
    data: dict[str, Any]
    id: str = field(default_factory=lambda: str(uuid4()))

    def to_wire(self) -> dict[str, Any]:
        """Return the form of the event API."""
        return {"id": self.id, "name": self.name, "data": self.data}


class Publisher:
    """Speaks to one Inngest server.

    Args:
        http: A client of the server's origin.
        event_key: What the event API wants to know us by.
    """

    def __init__(self, http: httpx.AsyncClient, event_key: str) -> None:
        self._http = http
        self._event_key = event_key

    async def publish(self, events: Sequence[Event]) -> None:
        """Publish all events in one request.

        Raises:
            PublishError: Inngest refused them or could not be reached.
        """
        wire = [event.to_wire() for event in events]
        try:
            response = await self._http.post(f"/e/{self._event_key}", json=wire, timeout=PATIENCE)
        except httpx.HTTPError as error:
            raise PublishError(f"Inngest cannot be reached: {type(error).__name__}", status=503) from error
        if response.status_code != httpx.codes.OK:
            raise PublishError(f"Inngest refused the events: {_told(response)}", status=502)

    async def reachable(self) -> bool:
        """Say whether an Inngest server answers, and not merely something that says 200 to everything."""
        try:
            health = (await self._http.get("/health", timeout=2)).json()
        except (httpx.HTTPError, ValueError):
            return False
        return isinstance(health, dict) and health.get("status") == httpx.codes.OK


def _told(response: httpx.Response) -> str:
    try:
        return f"{response.status_code}, {response.json()['error']}"
    except (ValueError, KeyError, TypeError):
        return str(response.status_code)
