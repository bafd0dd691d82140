"""JSON and times, as the server writes them."""

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from embedded_inngest import wire

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_the_fast_writer_is_canonical(value: Any) -> None:
    """Whichever way a value is written, the bytes are those of RFC 8785."""
    assert wire.canonical(value) == rfc8785.dumps(value)


NUMBERS = {
    "9007199254740993": "9007199254740992",
    "12345678901234567890": "12345678901234567000",
    "-0.0": "0",
    "1.0": "1",
    "1e21": "1e+21",
    "0.00001": "0.00001",
}


@pytest.mark.parametrize("written", NUMBERS)
def test_numbers_are_doubles(written: str) -> None:
    """A number that a double can't hold is rounded, as by a server that reads all numbers into doubles."""
    assert wire.canonical(wire.decode(written)) == NUMBERS[written].encode()


def test_lone_surrogates_are_replaced() -> None:
    """Half a character is read as the replacement character, where a strict reader would refuse the text."""
    assert wire.decode(rb'{"a":"\ud800x"}') == {"a": "\N{REPLACEMENT CHARACTER}x"}


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", "{", "", "1 2", "'a'"])
def test_what_is_no_json_is_refused(text: str) -> None:
    """The lenient reader is lenient towards characters, not towards syntax."""
    with pytest.raises(ValueError, match=r"\S"):
        wire.decode(text)


def test_foreign_json_may_be_deep_but_not_too_deep() -> None:
    """What is nested so deep that it could not be written again inside an event is refused before it is kept."""
    assert wire.decode_foreign(b"[" * 200 + b"]" * 200)
    assert wire.decode_foreign(b"[" + b",".join([b"{}"] * 1000) + b"]")
    with pytest.raises(wire.TooDeepError):
        wire.decode_foreign(b"[" * 201 + b"]" * 201)


def test_text_is_escaped_as_go_does() -> None:
    """Inside strings, what could end a script or a line is escaped, and it still means the same."""
    value = {"a": "<&>\u2028\u2029ż"}

    assert wire.text(value) == '{"a":"\\u003c\\u0026\\u003e\\u2028\\u2029ż"}'
    assert json.loads(wire.text(value)) == value


TIMES = {
    1795438787.0: "2026-11-23T12:59:47Z",
    1795438787.5: "2026-11-23T12:59:47.5Z",
    1795438787.05: "2026-11-23T12:59:47.05Z",
    1795438800.0: "2026-11-23T13:00:00Z",
}


@pytest.mark.parametrize("second", TIMES)
def test_times_have_no_trailing_zeros(second: float) -> None:
    """A time is written with as many digits as it needs."""
    assert wire.rfc3339(second) == TIMES[second]
