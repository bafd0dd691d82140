"""JSON as people read it: indented, and cut where it is too long for a page."""

from dataclasses import dataclass
from typing import Any

import orjson

from embedded_inngest import wire

LONGEST = 10_000
"""Characters of a payload that a page shows; the rest is behind a link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """A payload as a page shows it; `characters` is how many it has in all."""

    text: str
    characters: int

    @property
    def is_cut(self) -> bool:
        return self.characters > len(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """An error that an app reported."""

    name: str
    message: str
    stack: Payload


def indented(value: Any) -> str:
    """Write JSON for people."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def payload(raw: bytes | str) -> Payload:
    """Show JSON, or text that is none as it is."""
    return cut(_readable(raw))


def cut(text: str) -> Payload:
    """Show the beginning of a text."""
    return Payload(text=text[:LONGEST], characters=len(text))


def failing(raw: str) -> Failing:
    """Show an error; what has another form than errors of SDKs is shown whole, in the place of the stack."""
    try:
        error = wire.decode(raw)
    except ValueError:
        error = raw
    fields = error if isinstance(error, dict) else {}
    message = str(fields.get("message") or "")
    stack = str(fields.get("stack") or "") if message else _readable(raw)
    return Failing(name=str(fields.get("name") or "Error"), message=message, stack=cut(stack))


def _readable(raw: bytes | str) -> str:
    try:
        return indented(wire.decode(raw))
    except ValueError:
        return raw if isinstance(raw, str) else raw.decode("utf-8", "replace")
