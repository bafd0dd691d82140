"""Payloads: the comparison sees every change that JSON can suffer on its way, and only those."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UnmetError
from harness.judges.payloads import FIELDS, TELLING, body_of, differences, same
from harness.receiver.attempts import Attempt

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=10,
)


@given(VALUES)
def test_value_is_the_same_as_its_own_json(value: Any) -> None:
    """What was written as JSON and read again is the same, whatever it is."""
    same(value, json.loads(json.dumps(value)), what="data")


@given(VALUES, VALUES)
def test_difference_is_symmetric(one: Any, other: Any) -> None:
    """Two values differ in the same places whichever of them is the expected one."""
    assert len(list(differences(one, other, at="data"))) == len(list(differences(other, one, at="data")))


def test_numbers_that_parse_equal_are_the_same() -> None:
    """How a number is written does not matter."""
    same([1, 1e21], [1.0, 10**21], what="data")


@pytest.mark.parametrize(
    ("expected", "seen"),
    [
        (1, True),
        (0, False),
        (1, "1"),
        (None, {}),
        ([], {}),
        ([], None),
        ("", None),
        ({"a": None}, {}),
        ({}, {"a": None}),
        ([1, 2], [2, 1]),
        ([1, 2], [1]),
        ("\u00e9", "e\u0301"),
        ("a\u2028b", "a\nb"),
        (0.1, 0.10000000000000002),
    ],
)
def test_change_is_seen(expected: Any, seen: Any) -> None:
    """A value that was coerced, dropped, added, reordered or normalised is another one, at any depth."""
    with pytest.raises(UnmetError):
        same({"deep": [expected]}, {"deep": [seen]}, what="data")


def test_message_names_the_places() -> None:
    """The text says where the values differ, in ASCII, and counts what it leaves out."""
    seen = copy.deepcopy(TELLING)
    seen["numbers"][1] = None
    del seen["nothing"]
    seen["text"]["emoji"] = "🚀"

    with pytest.raises(UnmetError) as caught:
        same(TELLING, seen, what="data")

    assert "data['numbers'][1] is null for -1" in caught.value.seen
    assert "data['nothing'] is absent for null" in caught.value.seen
    assert r"""data['text']['emoji'] is "\ud83d\ude80" for """ in caught.value.seen
    assert caught.value.hop == "delivered"


@pytest.mark.parametrize("body", [b'"{}"', b"[]", b"{}", b"a=b", b'{"event":1,"id":"e","data":{},"user":{}}'])
def test_body_that_is_no_delivery_is_a_breach(body: bytes) -> None:
    """A body that is no JSON object with the contract's fields fails the target, and never the suite."""
    with pytest.raises(UnmetError):
        body_of(_attempt(body))


def test_body_is_returned_with_what_it_has_too_much() -> None:
    """Fields beyond the contract's are for the caller to judge."""
    body = dict.fromkeys(FIELDS) | {"more": 1}

    assert body_of(_attempt(json.dumps(body).encode())) == body


def _attempt(body: bytes) -> Attempt:
    return Attempt(number=1, at=0.0, monotonic=0.0, method="POST", target="/", headers=(), body=body)
