"""What expressions may name: as a running server took them, or refused the function that had one."""

import pytest

from embedded_inngest.expressions import is_expression

TAKEN = [
    "event.data.a == 1",
    "vars.x == 1",
    "async.data.x == 1",
    "[1,2].exists(x, x == 1)",
    "lowercase(event.data.a) == 'a'",
    "event.data.a.startsWith('x')",
    "now() > 1",
    "duration('1s') > 1",
    "event.data.a.matches('x')",
    "size(event.data.a) > 1",
    "has(event.data.a)",
    "type(event.data.a) == string",
    "dyn(event.data.a) == 1",
    "1 + 'a' == 2",
    "'a' + 1",
    "event.data.a ? 1 : 2",
    "event.data.list.map(x, x.y).size() > 0",
    "timestamp(event.data.a) > timestamp(event.data.b)",
    "string(event.ts)",
    "int(event.data.a)",
    "uint(1)",
    "bytes('a')",
    "bool('true')",
    "date('2020')",
    "b64decode('a')",
    "json_parse('{}')",
    "event.data['a']",
    "event['data'].a",
    "event.data.a in ['a']",
    "event.data.a.contains('a')",
    "event.data.a.size()",
    "{'a': 1}.a == 1",
    "[1][0] == 1",
    "event.data.a == null",
    "null",
    "true",
    "1",
    "''",
    "event.nope == 1",
    "  event.data.a == 1  ",
    "event.data.a\n== 1",
    "// x\ntrue",
    "string(1) + 'a' == '1a'",
    "event.data.a < 1 && event.data.b",
    "-event.data.a == 1",
    "event.data.a % 2 == 0",
    "1.0 == 1",
    "1u == 1",
    "'a' == 1",
]
REFUSED = [
    "foo.bar == 1",
    "steps.a == 1",
    "response.x == 1",
    "foo",
    "[1,2].exists(x, y == 1)",
    "foo(event.data.a)",
    "event.data.a.foo('x')",
    "event.data.a matches 'x'",
    "uuid() == 'a'",
    "size('a', 'b') > 1",
    "has(event)",
    "lowercase()",
    "event.data.a contains 'a'",
    "event.data.a.lowerAscii()",
    "'a'.format([1])",
    "event.data.a = 1",
    "event.data.a === 1",
    "event.data.a == 'x",
    "optional.of(1)",
    "event.?data",
    "math.greatest(1,2) == 2",
]


@pytest.mark.parametrize("expression", TAKEN)
def test_what_the_real_server_takes_is_an_expression(expression: str) -> None:
    """A function with such a condition registers, whether the engine can evaluate it or not."""
    assert is_expression(expression)


@pytest.mark.parametrize("expression", REFUSED)
def test_what_the_real_server_refuses_is_none(expression: str) -> None:
    """Names, functions and methods that nobody knows show when a function registers, not when an event comes."""
    assert not is_expression(expression)
