"""The event API beyond its transcript: any JSON at all, limits, and what of an event is kept."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.embedded_inngest.fuzzing import tried
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


@tried(60)
@given(body=BODIES)
def test_any_json_is_an_event_or_refused(body: Any, server: Server) -> None:
    """Whatever JSON is sent, the API accepts it exactly if the contract does, and never fails itself."""
    answer = server.post("/e/local", body)

    assert answer["status"] == (200 if is_accepted(body) else 400)
    assert ("error" in answer["body"]) is not is_accepted(body)


@tried(60)
@given(
    body=st.binary(max_size=60), content_type=st.sampled_from(["application/json", "text/plain", "multipart/form-data"])
)
def test_any_bytes_are_answered(body: bytes, content_type: str, server: Server) -> None:
    """Whatever bytes are sent, the answer is 200 or 400 and JSON."""
    answer = server.answer("POST", "/e/local", body, {"content-type": content_type})

    assert answer["status"] in (200, 400)
    assert answer["body"]["status"] == answer["status"]


@tried(30)
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


RAW: dict[bytes, str | None] = {
    b'{"name":"a","data":{"x":[1e400]}}': (
        "json: cannot unmarshal number 1e400 into Go struct field raw.data of type float64"
    ),
    b'{"name":"a","ts":"1"}': "json: cannot unmarshal string into Go struct field raw.ts of type int64",
    b'{"name":1.5}': "json: cannot unmarshal number into Go struct field raw.name of type string",
    b'[{"name":"a"},]': "invalid character ']' looking for beginning of value",
    b'[{"name":"a"} {"name":"b"}]': "expected comma after array element",
    b'[{"name":"a"},{"name":': "unexpected EOF",
    b'{"name":"a"} x': "invalid character 'x' after top-level value",
    b'[{"name":"a"}': None,
    b'[{"name":"a"}] x': None,
    b'[{"name":"a"}}': None,
    b'{"NAME":"b","name":"a","data":{"x":1},"data":{"x":2}}': None,
    b'{"name":"a","data":{"\\udc00":"\\ud83d x","y":"\xe2\x82"}}': None,
}
"""Bodies that no JSON library writes, and what v1.43.0 says of them."""


@pytest.mark.parametrize("body", RAW)
def test_broken_json_is_refused_as_by_the_real_server(body: bytes, server: Server) -> None:
    """What is read of a broken body, and what is said of it, is what the real server reads and says."""
    answer = server.answer("POST", "/e/local", body)

    assert answer["body"].get("error") == RAW[body]


def test_text_that_is_none_is_replaced_byte_by_byte(server: Server) -> None:
    """Each byte that is no UTF-8, and each lone surrogate, becomes one replacement character."""
    body = b'{"name":"a","data":{"x":"\\ud800 \xe2\x82"}}'

    [event_id] = server.answer("POST", "/e/local", body)["body"]["ids"]

    assert server.get(f"/v1/events/{event_id}")["body"]["data"]["data"] == {"x": "\ufffd \ufffd\ufffd"}


@pytest.mark.parametrize("seed", ["9" * 5000 + ",AAAAAAAAAAAAAA==", "-1,x", ",", "1,AAAA"])
def test_an_odd_seed_determines_nothing(seed: str, server: Server) -> None:
    """A seed that can't be read is as good as none."""
    answer = server.answer("POST", "/e/local", b'{"name":"a"}', {"x-inngest-event-id-seed": seed})

    assert (answer["status"], len(answer["body"]["ids"][0])) == (200, 26)


@tried(40)
@given(events=st.lists(ALMOST_EVENTS | ANY_JSON, min_size=1, max_size=5))
def test_a_list_is_taken_up_to_its_first_bad_item(events: list[Any], server: Server) -> None:
    """The ids are those of the events before the first one that is refused, in their order; those stay accepted."""
    taken = list(itertools.takewhile(is_event, events))

    answer = server.post("/e/local", events)["body"]

    assert ("error" in answer) is (len(taken) < len(events))
    assert len(answer["ids"]) == max(len(taken), 1)
    stored = [server.get(f"/v1/events/{event_id}")["body"]["data"] for event_id in answer["ids"] if event_id]
    assert [one["name"] for one in stored] == [well_formed(event["name"]) for event in taken]


def well_formed(text: str) -> str:
    """Return a text as it is read: without lone surrogates."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
