"""Names and expressions, without a server."""

from typing import Any

import pytest

from embedded_inngest.cel_values import ExpressionError
from embedded_inngest.expressions import compiled, holds
from embedded_inngest.triggers import patterns


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("simple", {"simple"}),
        ("app/user.created", {"app/user.created", "app/*", "app/user.*"}),
        ("api/v1/users", {"api/v1/users", "api/*", "api/v1/*"}),
        ("a.b.c", {"a.b.c", "a.*", "a.b.*"}),
        ("*", {"*"}),
    ],
)
def test_an_event_has_a_pattern_for_each_prefix(event: str, expected: set[str]) -> None:
    """An event is looked up under its name and under each prefix with a star, never under a bare star."""
    assert set(patterns(event)) == expected


TRUE_OF_NOTHING = [
    "event.data.no < 5",
    "5 > event.data.no",
    "event.data.no == null",
    "event.data.no != 'x'",
    "size(event.data.no) == 0",
    "event.data.no + 'x' == 'x'",
    "!has(event.data.no)",
    "!event.data.no.contains('x') == true",
    "(event.data.no ? 1 : 2) == 2",
]
FALSE_OF_NOTHING = [
    "event.data.no > 5",
    "event.data.no == 5",
    "event.data.no",
    "!event.data.no",
    "event.data.no in ['x']",
    "event.data.no.startsWith('x')",
    "event.data.no.exists(i, i == 1)",
    "event.data.no == null && event.data.no",
    "lowercase(event.data.no) == ''",
]


@pytest.mark.parametrize("expression", TRUE_OF_NOTHING)
def test_missing_fields_count_as_nothing(expression: str) -> None:
    """A missing field is below all, equal to null only, and empty."""
    assert holds(expression, {"data": {}})


@pytest.mark.parametrize("expression", FALSE_OF_NOTHING)
def test_missing_fields_meet_no_condition(expression: str) -> None:
    """What asks something of a missing field does not hold."""
    assert not holds(expression, {"data": {}})


VALUES = {
    "event.data.n + 1 == 3.5": True,
    "event.data.n * 2 - 1 == 4 && 7 % 2 == 1": True,
    "event.data.n + event.data.s == '2.5x'": True,
    "event.data.l[1] == 2 && event.data.l[9] == null": True,
    "event.data['s'] == \"x\"": True,
    "event.data.l.map(i, i * 2) == [2, 4]": True,
    "event.data.l.filter(i, i > 1) == [2]": True,
    "event.data.l.all(i, i > 0) && event.data.l.exists_one(i, i == 1)": True,
    "{'a': 1}.a == 1 || true": True,
    "'a' in {'a': 1} && !('b' in {'a': 1})": True,
    "event.data.s == 1": False,
    "event.data.null > 1": False,
    "event.data.null == null": True,
    "json_parse('{\"a\": 1}').a == 1 && b64decode('eA==') == 'x'": True,
    "date('2026-01-01') < date('2026-01-02T00:00:00Z')": True,
    "event.data.s.matches('^x$') && uppercase(event.data.s) == 'X'": True,
    "-event.data.n == -2.5": True,
    # an error, which never holds
    "event.data.s > 1": False,
    "!event.data.s": False,
    "1 / 0 == 1": False,
    "event.data.s.matches('(')": False,
    "unknown == 1": False,
    "now() > date('2020-01-01')": False,
}


@pytest.mark.parametrize("expression", VALUES)
def test_expressions_are_evaluated(expression: str) -> None:
    """Arithmetic, macros, functions and mixed types work as the real server's CEL has them; errors do not hold."""
    event: dict[str, Any] = {"data": {"n": 2.5, "s": "x", "l": [1, 2], "null": None}}

    assert holds(expression, event) is VALUES[expression]


def test_an_awaited_event_is_async() -> None:
    """A wait compares the event that started the run with the one that comes in."""
    assert holds("event.data.k == async.data.k", {"data": {"k": 1}}, {"data": {"k": 1}})
    assert not holds("event.data.k == async.data.k", {"data": {"k": 1}}, {"data": {"k": 2}})


LACKING: list[tuple[str, dict[str, Any], dict[str, Any], bool]] = [
    ("event.data.k == async.data.k", {}, {}, True),
    ("event.data.k != async.data.k", {}, {}, False),
    ("event.data.l[0] == async.data.k", {}, {}, True),
    ("event.data.k.m == async.data.k", {}, {"k": 5}, False),
    ("event.data.k == async.data.k", {}, {"k": None}, True),
    ("event.data.k == async.data.k", {"k": "a"}, {}, False),
    ("event.data.k == 'x'", {}, {"k": "x"}, False),
    ("async.data.k == event.data.k", {}, {}, False),
    ("async.data.k != event.data.k", {}, {}, True),
    ("async.data.k == null", {}, {}, True),
    ("event.data.k < async.data.k", {}, {"k": 5}, False),
    ("event.data.k > async.data.k", {}, {"k": 5}, True),
    ("event.data.k > async.data.k", {}, {"k": -5}, False),
    ("async.data.k > event.data.k", {}, {"k": -5}, True),
    ("event.data.k < async.data.k", {"k": 1}, {}, False),
]
"""What conditions made of fields that one of two events lacks, on a running server."""


@pytest.mark.parametrize(("expression", "event", "incoming", "expected"), LACKING)
def test_what_the_first_of_two_events_lacks_is_null(
    expression: str, event: dict[str, Any], incoming: dict[str, Any], expected: bool
) -> None:
    """Written first, it is compared as null, and an order is read from the other side; written last, it is missing."""
    assert holds(expression, {"data": event}, {"data": incoming}) is expected


@pytest.mark.parametrize("text", ["event.data.a ==", "event.data..a", "", "a b", "event.data.l.exists(i)"])
def test_what_is_no_expression_is_refused(text: str) -> None:
    """A fault in an expression shows when it is read, not when it is needed."""
    with pytest.raises(ExpressionError):
        compiled(text)
