"""An event as it is kept, and the rules by which a payload becomes one."""

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from embedded_inngest import wire
from embedded_inngest.errors import EventError
from embedded_inngest.gotypes import TypeMismatchError, typed
from embedded_inngest.release import V1_43, Release

FINISHED = "inngest/function.finished"
FAILED = "inngest/function.failed"
CANCELLED = "inngest/function.cancelled"
INVOKED = "inngest/function.invoked"
TIMER = "inngest/scheduled.timer"

_INTERNAL = "inngest/"
_TEXT = (str, "string")
_OBJECT = (dict, "map[string]interface {}")
_FIELDS: dict[str, tuple[type, str]] = {
    "id": _TEXT,
    "name": _TEXT,
    "data": _OBJECT,
    "user": _OBJECT,
    "ts": (int, "int64"),
    "v": _TEXT,
}
_FIRST_MS = int(datetime(1980, 1, 1, tzinfo=UTC).timestamp() * 1000)
_LAST_MS = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp() * 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A stored event; `body` is its canonical JSON, the very bytes that apps are sent."""

    internal_id: str
    id: str
    name: str
    ts: int
    body: bytes
    received_at: float

    @property
    def is_internal(self) -> bool:
        return is_internal(self.name)

    def fields(self) -> dict[str, Any]:
        """Return name, data, user, id, ts and, if given, v."""
        content: dict[str, Any] = wire.decode(self.body)
        return content

    def go_text(self, release: Release = V1_43) -> str:
        """Return the event as Go writes it: declared order, an empty user left out."""
        content = self.fields()
        return wire.text({key: content[key] for key in release.event_fields if key == "data" or content.get(key)})


def is_internal(name: str) -> bool:
    """Tell whether an event of that name can only come from the server itself."""
    return name.lower().startswith(_INTERNAL)


def make_event(*, internal_id: str, name: str, data: Any, now: float, given: dict[str, Any] | None = None) -> Event:
    """Build an event from its name, its data and what else the sender gave of id, ts, user and v."""
    given = given or {}
    content = {
        "data": data,
        "id": given.get("id") or internal_id,
        "name": name,
        "ts": given.get("ts") or int(now * 1000),
        "user": given.get("user") or {},
    }
    if given.get("v"):
        content["v"] = given["v"]
    return Event(
        internal_id=internal_id,
        id=content["id"],
        name=sys.intern(name),
        ts=content["ts"],
        body=wire.compact(wire.canonical(content)),
        received_at=now,
    )


def event_fields(payload: Any, kind: str = "raw") -> dict[str, Any]:
    """Take the known fields out of a payload, in Go's manner: keys in any case, unknown ones dropped.

    Raises:
        EventError: the payload is no object, or a field has the wrong type.
    """
    if payload is None:
        return {}
    if not isinstance(payload, dict):
        raise EventError(str(TypeMismatchError(payload, f"value of type event.{kind}")))
    found = {}
    for key, value in payload.items():
        field = key.lower()
        if field in _FIELDS and value is not None:
            found[field] = _typed(field, value, kind)
    return found


def _typed(field: str, value: Any, kind: str) -> Any:
    wanted, name = _FIELDS[field]
    try:
        return typed(value, wanted, f"struct field {kind}.{field} of type {name}")
    except TypeMismatchError as error:
        raise EventError(str(error)) from None


def check_inbound(fields: dict[str, Any], release: Release) -> None:
    """Apply the rules for events from outside.

    Raises:
        EventError: the event must not be taken.
    """
    name = fields.get("name", "")
    if (name.lower() if release.reserves_any_case else name).startswith(_INTERNAL):
        raise EventError(f"event name is reserved for internal use: {name}")
    if not name:
        raise EventError("event name is empty")
    check_ts(fields.get("ts", 0))


def check_ts(ts: int) -> None:
    """Refuse times that a mistaken unit gives.

    Raises:
        EventError: the time is not within 1980..2100.
    """
    if ts and ts < _FIRST_MS:
        raise EventError("timestamp is before Jan 1, 1980")
    if ts > _LAST_MS:
        raise EventError("timestamp is after Jan 1, 2100")
