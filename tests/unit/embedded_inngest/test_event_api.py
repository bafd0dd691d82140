"""The event API beyond its transcript: any JSON at all, limits, and what of an event is kept."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.embedded_inngest.server import Server

NUMBERS = st.integers(min_value=-(2**63), max_value=2**64) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | st.text(st.characters(exclude_categories=["Cs"]))
ANY_JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12)

NAMES = st.sampled_from(["probe/none", "a", "żółć 🚀", "inngest/foo", "Inngest/x", "inngest", ""])
ALMOST_EVENTS = st.fixed_dictionaries(
    {},
    optional={
        "name": NAMES | ANY_JSON,
        "data": st.dictionaries(st.text(), ANY_JSON) | ANY_JSON,
        "user": st.dictionaries(st.text(), ANY_JSON) | ANY_JSON,
        "id": st.text() | ANY_JSON,
        "ts": st.integers(min_value=-1, max_value=2**43) | ANY_JSON,
        "v": st.text() | ANY_JSON,
        "extra": ANY_JSON,
    },
)
BODIES = ALMOST_EVENTS | st.lists(ALMOST_EVENTS, max_size=3) | ANY_JSON

FROM_1980_TO_2100 = range(315_532_800_000, 4_102_444_800_001)


def is_text(value: Any) -> bool:
    """Tell whether Go decodes the value into a string: null leaves the string empty."""
    return value is None or isinstance(value, str)


def is_object(value: Any) -> bool:
    """Tell whether Go decodes the value into a map."""
    return value is None or isinstance(value, dict)


def is_time(value: Any) -> bool:
    """Tell whether the value is a time in milliseconds that is accepted; zero and null mean now."""
    if value is None:
        return True
    return isinstance(value, int) and not isinstance(value, bool) and (value == 0 or value in FROM_1980_TO_2100)


def is_event(value: Any) -> bool:
    """Tell whether the contract calls a value an event."""
    if not isinstance(value, dict):
        return False
    name = value.get("name")
    named = isinstance(name, str) and bool(name) and not name.lower().startswith("inngest/")
    texts = all(is_text(value.get(key)) for key in ("id", "v"))
    return named and texts and all(is_object(value.get(key)) for key in ("data", "user")) and is_time(value.get("ts"))


def is_accepted(body: Any) -> bool:
    """Tell whether the event API has to accept a body: an event or a list of events."""
    return all(map(is_event, body)) if isinstance(body, list) else is_event(body)


@settings(max_examples=60, deadline=None)
@given(body=BODIES)
def test_any_json_is_an_event_or_refused(body: Any, server: Server) -> None:
    """Whatever JSON is sent, the API accepts it exactly if the contract does, and never fails itself."""
    answer = server.post("/e/local", body)

    assert answer["status"] == (200 if is_accepted(body) else 400)
    assert ("error" in answer["body"]) is not is_accepted(body)


@settings(max_examples=60, deadline=None)
@given(
    body=st.binary(max_size=60), content_type=st.sampled_from(["application/json", "text/plain", "multipart/form-data"])
)
def test_any_bytes_are_answered(body: bytes, content_type: str, server: Server) -> None:
    """Whatever bytes are sent, the answer is 200 or 400 and JSON."""
    answer = server.answer("POST", "/e/local", body, {"content-type": content_type})

    assert answer["status"] in (200, 400)
    assert answer["body"]["status"] == answer["status"]


@settings(max_examples=30, deadline=None)
@given(data=st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), SCALARS | st.lists(SCALARS)))
def test_data_is_kept_as_it_was_sent(data: dict[str, Any], server: Server) -> None:
    """An accepted event is stored under the id that was returned, with its data as Go reads it: numbers are doubles."""
    data.pop("_inngest", None)

    stored = server.get(f"/v1/events/{server.send('kept', data)}")["body"]["data"]

    assert stored["name"] == "kept"
    assert as_doubles(stored["data"]) == as_doubles(data)


def as_doubles(value: Any) -> Any:
    """Return the value as it is after a reader that has doubles for all numbers."""
    return json.loads(json.dumps(value), parse_int=float)


REFUSED = {
    "timestamp is before Jan 1, 1980": {"name": "x", "ts": 315_532_799_999},
    "timestamp is after Jan 1, 2100": {"name": "x", "ts": 4_102_444_800_001},
    "event name is reserved for internal use: Inngest/x": {"name": "Inngest/x"},
    "event name is empty": {"name": None},
}


@pytest.mark.parametrize("error", REFUSED)
def test_a_refused_event_is_told_why(error: str, server: Server) -> None:
    """The error text of a refused event is that of the real server."""
    answer = server.post("/e/local", REFUSED[error])

    assert (answer["status"], answer["body"]["error"]) == (400, error)


def test_an_event_of_more_than_three_megabytes_is_refused(server: Server) -> None:
    """An event over the limit is refused with its size; the same in a list leaves what came before it accepted."""
    large = {"name": "x", "data": {"x": "y" * (3 * 1024 * 1024)}}

    alone, after_another = server.post("/e/local", large), server.post("/e/local", [{"name": "x"}, large])

    assert alone["body"]["error"].startswith("Event is over the max size: Max 3145728 bytes / Size ")
    assert (after_another["status"], len(after_another["body"]["ids"][0])) == (400, 26)


def test_internal_data_of_strangers_is_dropped(server: Server) -> None:
    """`data._inngest` belongs to the server: what a publisher puts there is deleted."""
    event_id = server.send("x", {"_inngest": {"fn_id": "victim"}, "a": 1})

    assert server.get(f"/v1/events/{event_id}")["body"]["data"]["data"] == {"a": 1}


def test_the_id_of_the_sender_is_kept_beside_the_internal_one(server: Server) -> None:
    """The id that is answered is the server's own; the sender's stays the id of the event."""
    event_id = server.send("x", id="mine")

    stored = server.get(f"/v1/events/{event_id}")["body"]["data"]
    assert (stored["internal_id"], stored["id"]) == (event_id, "mine")
