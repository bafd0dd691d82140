"""`POST /e/{key}`: from the bytes of a request to the events in it, refused in the words of the real API."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from embedded_inngest import gojson, wire
from embedded_inngest.clock import seeded_ulid
from embedded_inngest.errors import EventError
from embedded_inngest.events import check_inbound, event_fields
from embedded_inngest.http import Request
from embedded_inngest.release import Release

MAX_BYTES = 3 * 1024 * 1024
MAX_COUNT = 5000
_NOT_EVENTS = "Request body must contain an event object or an array of event objects"
_ENTROPY_BYTES = 10
_LAST_ULID_MS = 2**48 - 1
_ENDS_OF_ARRAYS = (b"", b"]", b"}")
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender is told: ids of the accepted events, and why a further one was refused."""

    ids: list[str]
    error: str | None

    @property
    def status(self) -> int:
        return 200 if self.error is None else 400

    def body(self) -> dict[str, object]:
        """Return the JSON body; as in the real API there is always at least one id, if only an empty one."""
        known = {"ids": self.ids or [""], "status": self.status}
        return known if self.error is None else {**known, "error": self.error}


def receive(request: Request, accept: Callable[[dict[str, Any], str | None], str], release: Release) -> Receipt:
    """Hand each event of a request to `accept`, with the id that the sender determined, if it did.

    It is not atomic: events before a bad one stay accepted.
    """
    ids: list[str] = []
    content_type = request.headers.get("content-type", "") if release.reads_forms else ""
    seed = _seed(request.headers.get("x-inngest-event-id-seed", "")) if release.seeds_ids else None
    try:
        for number, payload in enumerate(_payloads(request.body, content_type, release), start=1):
            fields = event_fields(payload, release.event_type)
            (fields.get("data") or {}).pop("_inngest", None)
            check_inbound(fields, release)
            ids.append(accept(fields, seed and seeded_ulid(*seed, number)))
    except EventError as error:
        return Receipt(ids, str(error))
    return Receipt(ids, None)


def _seed(header: str) -> tuple[int, bytes] | None:
    """Read `milliseconds,base64 of ten bytes`, from which a sender that repeats a request gets the same ids again."""
    millis, _, encoded = header.partition(",")
    try:
        entropy = base64.b64decode(encoded, validate=True)
    except ValueError:
        return None
    is_number = millis.isdecimal() and len(millis) <= len(str(_LAST_ULID_MS))
    usable = is_number and 0 < int(millis) <= _LAST_ULID_MS and len(entropy) == _ENTROPY_BYTES
    return (int(millis), entropy) if usable else None


def _payloads(body: bytes, content_type: str, release: Release) -> Iterator[Any]:
    start = gojson.skip_space(body, 0)
    first = body[start : start + 1]
    if first == b"{":
        yield _parsed(_small_enough(body[start:]))
    elif first == b"[":
        yield from _not_too_many(_items(body, start), keeps_last=release.keeps_last)
    elif first and content_type.split(";", maxsplit=1)[0].strip() == _FORM:
        yield parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    elif first:
        raise EventError(_NOT_EVENTS)


def _items(body: bytes, start: int) -> Iterator[Any]:
    """Yield the items of an array; whole arrays are read at once, broken ones up to where they break."""
    if len(body) <= MAX_BYTES:
        try:
            items = wire.decode_foreign(body[start:])
        except ValueError:
            items = None
        if items is not None:
            yield from items
            return
    yield from _items_one_by_one(body, start + 1)


def _items_one_by_one(body: bytes, at: int) -> Iterator[Any]:
    """Read items as a stream does; like the real one it does not miss a closing bracket."""
    at = gojson.skip_space(body, at)
    while body[at : at + 1] not in _ENDS_OF_ARRAYS:
        end = _value_end(body, at)
        yield _parsed(_small_enough(body[at:end]))
        at = gojson.skip_space(body, end)
        if body[at : at + 1] in _ENDS_OF_ARRAYS:
            return
        if body[at : at + 1] != b",":
            raise EventError("expected comma after array element")
        at = gojson.skip_space(body, at + 1)
        if body[at : at + 1] == b"]":
            raise EventError("invalid character ']' looking for beginning of value")


def _not_too_many(items: Iterator[Any], *, keeps_last: bool) -> Iterator[Any]:
    last = []
    for count, item in enumerate(items):
        if count == MAX_COUNT:
            raise EventError(f"Cannot have more than {MAX_COUNT} events in a batch")
        if count == MAX_COUNT - 1 and not keeps_last:
            last.append(item)
        else:
            yield item
    yield from last


def _value_end(body: bytes, at: int) -> int:
    try:
        return gojson.value_end(body, at)
    except gojson.JSONSyntaxError as error:
        raise EventError("unexpected EOF" if "unexpected end" in str(error) else str(error)) from None


def _small_enough(raw: bytes) -> bytes:
    if len(raw) > MAX_BYTES:
        raise EventError(f"Event is over the max size: Max {MAX_BYTES} bytes / Size {len(raw)} bytes")
    return raw


def _parsed(raw: bytes) -> Any:
    try:
        return wire.decode_foreign(raw)
    except wire.TooDeepError as error:
        raise EventError(str(error)) from None
    except wire.OutOfRangeError as error:
        field = "Go struct field raw.data of type float64"
        raise EventError(f"json: cannot unmarshal number {error.number} into {field}") from None
    except ValueError:
        raise EventError(gojson.complaint(raw)) from None
