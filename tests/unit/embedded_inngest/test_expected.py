"""Who waits for an event: nobody whose condition it meets is left out, and few of the others are asked."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedded_inngest.expected import Expected, place_of
from embedded_inngest.expressions import holds

CONDITIONS = [
    "event.data.k == async.data.k",
    "async.data.k == event.data.k",
    "event.data.k == async.data.n && async.data.k != 'a'",
    "(async.data.n == event.data.n && event.data.k == 'a') && true",
    "event.data.k == async.data.k || async.data.n == 1",
    "!(event.data.k == async.data.k)",
    "event.data.k != async.data.k",
    "event.data.k == async.data.k ? true : async.data.n == 1",
    "event.data.k == 'a'",
    "async.data.k in [event.data.k, 'b']",
    "event.data.l[0] == async.data.k",
    "event.data.k == async.data.k && event.data.n == async.data.n",
]
VALUES = st.one_of(st.sampled_from(["a", "b", "1", "", None, 0, 1, 1.0, True, False]), st.just([1]), st.just({"x": 1}))
DATA = st.dictionaries(st.sampled_from(["k", "n"]), VALUES)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(CONDITIONS), DATA), max_size=8), DATA)
def test_nobody_is_left_out(waiting: list[tuple[str, dict[str, Any]]], data: dict[str, Any]) -> None:
    """Whoever's condition holds for an event is among those who are asked, in the order in which they came."""
    expected: Expected[int] = Expected()
    events = [{"data": known} for _, known in waiting]
    for number, (condition, _) in enumerate(waiting):
        expected.add(("run", str(number)), number, place_of(condition, events[number]))

    found = expected.candidates({"data": data})

    met = [number for number, one in enumerate(waiting) if holds(one[0], events[number], {"data": data})]
    assert set(met) <= set(found)
    assert found == sorted(found)


@pytest.mark.parametrize("condition", [*CONDITIONS[:4], CONDITIONS[-1]])
def test_only_those_are_asked_who_may_be_meant(condition: str) -> None:
    """Where an equality must hold, the thousand who wait for other values are not asked."""
    expected: Expected[int] = Expected()
    for number in range(1000):
        event = {"data": {"k": f"k{number}", "n": f"k{number}"}}
        expected.add(("run", str(number)), number, place_of(condition, event))

    assert expected.candidates({"data": {"k": "k7", "n": "k7"}}) == [7]


def test_who_waits_no_longer_is_not_asked() -> None:
    """Of those who wait for the same value the others are still found, and in the end nobody is left."""
    expected: Expected[str] = Expected()
    for name in ("first", "second"):
        expected.add((name, ""), name, (("data", "k"), 1))

    expected.remove(("first", ""))
    expected.remove(("unknown", ""))

    assert expected.candidates({"data": {"k": 1}}) == ["second"]
    expected.remove(("second", ""))
    assert (bool(expected), expected.candidates({"data": {"k": 1}})) == (False, [])
