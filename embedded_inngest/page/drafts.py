"""What people type, kept as they typed it until it can be taken."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from embedded_inngest import gojson, wire
from embedded_inngest.errors import EventError
from embedded_inngest.events import Event
from embedded_inngest.page.payloads import indented

_NOTHING = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An event, or the data with which a function is invoked, as it stands in a form; `complaint` is why it is back."""

    name: str = ""
    data: str = _NOTHING
    id: str = ""
    user: str = ""
    complaint: str = ""

    @classmethod
    def like(cls, event: Event) -> "Draft":
        """Begin with what another event says, but for its id and time."""
        fields = event.fields()
        user = indented(fields["user"]) if fields["user"] else ""
        return cls(name=event.name, data=indented(fields["data"]), user=user)

    @classmethod
    def typed(cls, form: Mapping[str, str]) -> "Draft":
        """Take what was typed."""
        return cls(**{key: form.get(key, "") for key in ("name", "data", "id", "user")})

    def event(self) -> dict[str, Any]:
        """Return the event as it would be posted.

        Raises:
            EventError: Something in it is no JSON.
        """
        return {"name": self.name, "data": _json("Data", self.data), "id": self.id, "user": _json("User", self.user)}

    def content(self) -> dict[str, Any]:
        """Return the data with which a function is invoked.

        Raises:
            EventError: It is no JSON object.
        """
        content = _json("Data", self.data)
        if not isinstance(content, dict):
            raise EventError("Data: an object is wanted")
        return content


def resent(event: Event) -> dict[str, Any]:
    """Return an event as it would be posted to have the same happen again: without its id and its time."""
    return {key: value for key, value in event.fields().items() if key not in {"id", "ts"}}


def _json(title: str, text: str) -> Any:
    raw = text.encode("utf-8", "replace").strip() or _NOTHING.encode()
    try:
        return wire.decode_foreign(raw)
    except wire.TooDeepError as error:
        raise EventError(f"{title}: {error}") from None
    except ValueError:
        raise EventError(f"{title}: {gojson.complaint(raw)}") from None
