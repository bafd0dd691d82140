"""The body: exactly the event, and the same bytes every time."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_dispatcher.payload import MAX_BODY_BYTES, build_body, delivery_id, too_large
from tests.unit.reference_dispatcher.making import event

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def test_body_is_the_event_and_nothing_else() -> None:
    """The body is one compact object of event, id, data, user and timestamp, the event's own in milliseconds."""
    published = event(data={"n": 1.0, "s": "ż🚀\u2028"}, user={"id": "u1"})

    assert build_body(published) == (
        '{"event":"policy/bound","id":"event-1","data":{"n":1.0,"s":"ż🚀\u2028"},'
        '"user":{"id":"u1"},"timestamp":1795438812765}'
    )


@given(data=JSON, user=JSON)
def test_body_keeps_every_value(data: Any, user: Any) -> None:
    """Numbers, nulls, empty and nested values arrive as Inngest holds them."""
    body = json.loads(build_body(event(data=data, user=user)))

    assert (body["data"], body["user"]) == (data, user)


def test_delivery_id_is_the_same_for_the_same_pair() -> None:
    """The id does not depend on when or where it is made, so retries and restarts share it."""
    assert delivery_id("event-1", 12) == delivery_id("event-1", 12) == "f1f6597a-1bf6-5a62-9108-75d004e38715"


@given(st.text(), st.text(), st.integers(min_value=1), st.integers(min_value=1))
def test_delivery_id_differs_for_other_pairs(first: str, second: str, one: int, other: int) -> None:
    """No two events and no two webhooks share a delivery id, however their ids are joined."""
    assert (delivery_id(first, one) == delivery_id(second, other)) == ((first, one) == (second, other))


def test_body_of_the_largest_size_is_sent() -> None:
    """A payload of exactly the limit is delivered, counted in bytes."""
    assert too_large("ż" * (MAX_BODY_BYTES // 2), webhooks=1) is None


@pytest.mark.parametrize(
    ("size", "webhooks", "reason"), [(MAX_BODY_BYTES + 1, 1, "payload"), (256_000, 50, "50 deliv")]
)
def test_what_is_too_large_is_refused_with_a_reason(size: int, webhooks: int, reason: str) -> None:
    """A payload over the limit, and a fan-out that Inngest would not take, say so instead of being cut."""
    assert str(too_large("x" * size, webhooks)).find(reason) >= 0
