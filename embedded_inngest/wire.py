"""JSON as the server writes it: canonical (JCS) towards apps, Go's text inside strings, RFC 3339 times."""

import base64
import codecs
import json
import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import orjson
import rfc8785

_EXACT_INT = 2**53
_DEEPEST = 200
_SHORT_FLOAT = (1e-4, 1e15)
_GO_ESCAPES = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"},
)
_BYTE_BY_BYTE = "embedded_inngest.byte_by_byte"
_DIGITS_OF_64_BITS = 18
_NO_BASE64 = re.compile(r"[^A-Za-z0-9+/=]")
_QUANTUM = 4
_FRACTION = re.compile(r"\.?0+$")


def decode(raw: bytes | str) -> Any:
    """Read JSON; lone surrogates, which Go replaces, are replaced.

    Raises:
        ValueError: it is not JSON.
    """
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        return _decode_leniently(raw, error)


def is_json(text: str) -> bool:
    """Tell whether a text is JSON."""
    try:
        decode(text)
    except ValueError:
        return False
    return True


class TooDeepError(ValueError):
    """JSON is nested deeper than we can write it again, inside the events that tell of it."""

    def __init__(self) -> None:
        super().__init__("exceeded max depth")


class OutOfRangeError(ValueError):
    """JSON has a number that no double can hold."""

    def __init__(self, number: str) -> None:
        super().__init__(f"json: cannot unmarshal number {number} into Go value of type float64")
        self.number = number


def decode_foreign(raw: bytes) -> Any:
    """Read JSON that somebody else wrote.

    Raises:
        ValueError: it is not JSON, nested too deep, or has a number that is too large.
    """
    value = decode(raw)
    if raw.count(b"[") + raw.count(b"{") > _DEEPEST and _depth(value) > _DEEPEST:
        raise TooDeepError
    return value


def _depth(value: Any) -> int:
    """Count how many lists and maps lie inside one another, without recursion."""
    level, depth = [value], 0
    while level := [one for one in level if isinstance(one, list | dict)]:
        depth += 1
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)]
    return depth


def _decode_leniently(raw: bytes | str, error: orjson.JSONDecodeError) -> Any:
    """Read what orjson refuses and Go accepts: broken UTF-8, lone surrogates, deep nesting."""
    text = characters(raw) if isinstance(raw, bytes) else raw
    try:
        value = json.loads(text, parse_constant=_refuse_constant, parse_int=_whole, parse_float=_finite)
        return _well_formed(value)
    except OutOfRangeError:
        raise
    except (ValueError, RecursionError):
        raise error from None


def characters(raw: bytes) -> str:
    """Read text, of which what is no UTF-8 is replaced."""
    return raw.decode("utf-8", _BYTE_BY_BYTE)


def _each_byte_replaced(error: UnicodeError) -> tuple[str, int]:
    """Replace each byte that is no part of a character, as Go does, where Python would replace several by one."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\ufffd" * (error.end - error.start), error.end


codecs.register_error(_BYTE_BY_BYTE, _each_byte_replaced)


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _whole(digits: str) -> int | float:
    """Read an integer, as a double where 64 bits can't hold it, so that all that is read can be written again."""
    return int(digits) if len(digits) <= _DIGITS_OF_64_BITS else _finite(digits)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise OutOfRangeError(text)
    return number


def _well_formed(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_well_formed(item) for item in value]
    if isinstance(value, dict):
        return {_well_formed(key): _well_formed(item) for key, item in value.items()}
    return value


def unwrapped(text: str) -> bytes:
    """Read base64.

    Raises:
        ValueError: It is none; the words are Go's.
    """
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        wrong = _NO_BASE64.search(text)
        place = wrong.start() if wrong else len(text) // _QUANTUM * _QUANTUM
        raise ValueError(f"illegal base64 data at input byte {place}") from None


def canonical(value: Any) -> bytes:
    """Write JSON in the canonical form (RFC 8785) in which the server sends bodies."""
    if _is_plain(value):
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    return rfc8785.dumps(_as_doubles(value))


def _is_plain(value: Any) -> bool:
    """Tell whether the fast writer gives the canonical form, which only numbers and exotic keys prevent."""
    if value is None or isinstance(value, str | bool):
        return True
    if isinstance(value, dict):
        return all(map(str.isascii, value)) and _are_plain(value.values())
    if isinstance(value, list | tuple):
        return _are_plain(value)
    if isinstance(value, float):
        return _SHORT_FLOAT[0] < abs(value) < _SHORT_FLOAT[1] and not value.is_integer()
    return not isinstance(value, int) or -_EXACT_INT < value < _EXACT_INT


def _are_plain(values: Iterable[Any]) -> bool:
    """Tell it of several, of which most are texts."""
    return all(_is_plain(value) for value in values if type(value) is not str)


def _as_doubles(value: Any) -> Any:
    """Round integers that a double can't hold, as a server that reads every number into a float64 does."""
    if isinstance(value, dict):
        return {key: _as_doubles(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_as_doubles(item) for item in value]
    if isinstance(value, int) and abs(value) >= _EXACT_INT:
        return float(value)
    return value


def compact(raw: bytes) -> bytes:
    """Copy bytes that are to be kept: those fresh from the writer hold on to its whole buffer, eight times as much."""
    return bytes(memoryview(raw))


def text(value: Any) -> str:
    """Write JSON as Go does inside a string: keys in the order given, `<`, `>`, `&` and line separators escaped."""
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode().translate(_GO_ESCAPES)


def sorted_text(value: Any) -> str:
    """Write JSON as Go writes a map inside a string: like `text`, keys sorted."""
    return canonical(value).decode().translate(_GO_ESCAPES)


def rfc3339(second: float) -> str:
    """Write a time as Go's RFC3339Nano does: no trailing zeros."""
    stamp = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return f"{_FRACTION.sub('', stamp)}Z"
