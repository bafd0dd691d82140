"""Signals: `/v1/signals` ends the wait of the one step that waits for it."""

from typing import Any

from embedded_inngest import wire
from embedded_inngest.engine import Engine
from embedded_inngest.errors import PublicError
from embedded_inngest.http import JSON, Request, Response, Router, json_response


class Signals:
    """Takes signals for the runs of an engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add_routes(self, router: Router) -> None:
        """Add the route to which signals are sent."""
        router.add("POST", "/v1/signals", self._receive)

    def _receive(self, request: Request) -> Response:
        name, data = _read(request.body)
        if not name:
            raise PublicError(500, "Failed to receive signal")
        run = self._engine.runner.signal(name, data)
        if run is None:
            raise PublicError(404, "No signal found")
        metadata = {"fetched_at": wire.rfc3339(self._engine.clock.now())}
        return json_response({"data": {"run_id": run.id}, "metadata": metadata}, 200, JSON)


def _read(body: bytes) -> tuple[str, Any]:
    """Return the name of a signal and what comes with it.

    Raises:
        PublicError: It is none.
    """
    try:
        fields = {key.lower(): value for key, value in wire.decode_foreign(body).items()}
    except (ValueError, AttributeError):
        raise PublicError(400, "Invalid signal data") from None
    name = fields.get("signal")
    if not isinstance(name, str | None):
        raise PublicError(400, "Invalid signal data")
    return name or "", fields.get("data")
