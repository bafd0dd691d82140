"""Cancelling many runs at once: `/v1/cancellations`, which the real server checks and then fails to carry out.

It has no store for them, so whatever would be taken ends in an error without a word.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from embedded_inngest import wire
from embedded_inngest.clock import is_ulid
from embedded_inngest.engine import Engine
from embedded_inngest.errors import PublicError
from embedded_inngest.http import JSON, Request, Response, Router, error_response

_FAILED = Response(500)
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[-+]\d\d:\d\d)", re.ASCII)
_LENIENCE = 5.0
"""Seconds that a time may lie in the future and still count as past."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What somebody wants to cancel: the runs of a function that started in a time."""

    app: str
    function: str
    after: float | None
    before: float | None

    def complaints(self, now: float) -> Iterator[str]:
        """Yield what the real server finds wrong, in its words and order."""
        if not self.app:
            yield "app_id is required"
        if not self.function:
            yield "function_id is required"
        if self.before is None:
            yield "started_before is required"
        elif self.before > now + _LENIENCE:
            yield "started_before must be in the past"
        if self.after is not None and self.after > (self.before or 0.0):
            yield "started_after must be before started_before"


class BulkCancellations:
    """Answers whoever wants to cancel many runs."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add_routes(self, router: Router) -> None:
        """Add the routes."""
        router.add("POST", "/v1/cancellations", self._create)
        router.add("GET", "/v1/cancellations", lambda _: _FAILED)
        router.add("DELETE", "/v1/cancellations/{id}", self._delete)

    def _create(self, request: Request) -> Response:
        try:
            wanted = _read(request.body)
        except (ValueError, AttributeError):
            return _refused(400, "Invalid cancellation request")
        complaints = "\n".join(wanted.complaints(self._engine.clock.now()))
        if complaints:
            return _refused(400, complaints)
        if all(function.slug != wanted.function for function in self._engine.state.apps.functions()):
            return _refused(404, "function not found")
        return _FAILED

    @staticmethod
    def _delete(request: Request) -> Response:
        return _FAILED if is_ulid(request.names["id"]) else _refused(400, "Invalid cancellation ID")


def _refused(status: int, complaint: str) -> Response:
    return error_response(PublicError(status, complaint), JSON)


def _read(body: bytes) -> _Wanted:
    """Read a request.

    Raises:
        ValueError: It is none.
        AttributeError: It is no object.
    """
    fields = {key.lower(): value for key, value in wire.decode_foreign(body).items() if value is not None}
    return _Wanted(
        app=_text(fields, "app_id"),
        function=_text(fields, "function_id"),
        after=_second(fields, "started_after"),
        before=_second(fields, "started_before"),
    )


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name, "")
    if not isinstance(value, str):
        message = f"{name} is no text"
        raise ValueError(message)  # noqa: TRY004 (the caller takes it as any other bad request)
    return value


def _second(fields: dict[str, Any], name: str) -> float | None:
    if name not in fields:
        return None
    text = _text(fields, name)
    if not _RFC3339.fullmatch(text):
        message = f"{name} is no time"
        raise ValueError(message)
    return datetime.fromisoformat(text).timestamp()
