"""An attempt: one request that reached the receiver, kept as it was on the wire."""

import json
from dataclasses import dataclass, field
from typing import Any

from harness.errors import UnmetError


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One request and what became of it.

    Attributes:
        number: Its place among the requests to its path, from 1.
        at: When its head had arrived, in seconds since the epoch.
        monotonic: The same moment on the monotonic clock, for gaps.
        method: Such as `POST`.
        target: Path and query exactly as sent.
        headers: Names and values in the order and the case in which they were sent; text is Latin-1.
        body: The bytes, freed of chunking.
        status: The code that was answered; None as long as, or because, no whole answer was given.
        ended: When all was over, on the monotonic clock; None while it is not.
        event_id: The `id` in the body; None if there is none.
    """

    number: int
    at: float
    monotonic: float
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    status: int | None = None
    ended: float | None = None
    event_id: str | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "event_id", _id_in(self.body))

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def seconds(self) -> float | None:
        """How long the other side was kept, or stayed; None while it still does."""
        return None if self.ended is None else self.ended - self.monotonic

    def header(self, name: str) -> str | None:
        """Return the first header of this name, whatever its case; None if there is none."""
        return next(iter(self.headers_named(name)), None)

    def headers_named(self, name: str) -> tuple[str, ...]:
        """Return the values of every header of this name, whatever its case."""
        return tuple(value for key, value in self.headers if key.lower() == name.lower())

    @property
    def json(self) -> Any:
        """The body as JSON.

        Raises:
            UnmetError: It is none.
        """
        try:
            return _parse(self.body)
        except (ValueError, RecursionError) as error:
            raise UnmetError(
                expected="a body that is one JSON text in UTF-8.",
                seen=f"{self.method} {self.target} with {len(self.body)} bytes {_beginning(self.body)}: {error}.",
                next_step="look at what builds the body of a delivery.",
                hop="delivered",
            ) from None


def _parse(body: bytes) -> Any:
    return json.loads(body.decode(), parse_constant=_refuse)


def _refuse(constant: str) -> None:
    message = f"{constant} is not JSON"
    raise ValueError(message)


def _id_in(body: bytes) -> str | None:
    try:
        found = _parse(body)
    except (ValueError, RecursionError):
        return None
    identifier = found.get("id") if isinstance(found, dict) else None
    return identifier if isinstance(identifier, str) else None


def _beginning(body: bytes, length: int = 60) -> str:
    return f"{body[:length]!r}{'…' if len(body) > length else ''}"
