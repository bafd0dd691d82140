"""The words in which broken JSON is refused, which are those of Go's decoder."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_inngest import gojson

COMPLAINTS = {
    "{nope": "invalid character 'n' looking for beginning of object key string",
    '{"a":1} {': "invalid character '{' after top-level value",
    '{"a" 1}': "invalid character '1' after object key",
    '{"a":1 "b"}': "invalid character '\"' after object key:value pair",
    "[1 2]": "invalid character '2' after array element",
    '{"a":}': "invalid character '}' looking for beginning of value",
    '{"a":1,}': "invalid character '}' looking for beginning of object key string",
    "{'a':1}": r"invalid character '\'' looking for beginning of object key string",
    '{"a":"\n"}': r"invalid character '\n' in string literal",
    r'{"a":"\x"}': "invalid character 'x' in string escape code",
    r'{"a":"\u12g4"}': "invalid character 'g' in \\u hexadecimal character escape",
    r'{"a":"\u123"}': "invalid character '\"' in \\u hexadecimal character escape",
    '{"a":tru}': "invalid character '}' in literal true (expecting 'e')",
    '{"a":-}': "invalid character '}' in numeric literal",
    '{"a":1.}': "invalid character '}' after decimal point in numeric literal",
    '{"a":1e}': "invalid character '}' in exponent of numeric literal",
    '{"a":01}': "invalid character '1' after object key:value pair",
    '{"a":': "unexpected end of JSON input",
    '{"a': "unexpected end of JSON input",
}


@pytest.mark.parametrize("text", COMPLAINTS)
def test_the_first_fault_is_named(text: str) -> None:
    """A sender reads which character is wrong and what was expected there."""
    assert gojson.complaint(text.encode()) == COMPLAINTS[text]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES, st.sampled_from([None, 1]))
def test_every_value_has_an_end(value: Any, indent: int | None) -> None:
    """The scanner walks over any JSON there is and stops where it ends."""
    raw = json.dumps(value, indent=indent).encode()

    assert gojson.value_end(raw + b" , more", 0) == len(raw)


@given(st.binary())
def test_any_bytes_get_some_complaint(raw: bytes) -> None:
    """Whatever is sent, there are words for what is wrong with it."""
    assert gojson.complaint(raw)


def test_deep_nesting_is_a_complaint() -> None:
    """Brackets without end are a fault of the text, not a crash of the reader."""
    assert gojson.complaint(b"[" * 100_000) == "exceeded max depth"
