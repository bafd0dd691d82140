"""Operators of CEL as Inngest bends them: what is missing acts as null, what differs in type does not raise."""

import base64
import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from embedded_inngest import wire
from embedded_inngest.errors import EngineError, NotImitatedError


class ExpressionError(EngineError):
    """An expression can't be read, or can't be evaluated on these values."""


class _Missing:
    """A field that is not there, or is looked for in something that has no fields."""

    def __repr__(self) -> str:
        return "missing"


MISSING: Final = _Missing()

_ORDERINGS: dict[str, Callable[[Any, Any], bool]] = {
    "relation_lt": operator.lt,
    "relation_le": operator.le,
    "relation_gt": operator.gt,
    "relation_ge": operator.ge,
}
_BELOW = {"relation_lt", "relation_le"}
_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "addition_sub": operator.sub,
    "multiplication_mul": operator.mul,
    "multiplication_div": operator.truediv,
    "multiplication_mod": operator.mod,
}
_ZEROS: dict[str, Any] = {"number": 0, "text": "", "truth": False, "time": datetime.fromtimestamp(0, UTC)}


def _kind(value: Any) -> str:
    """Name the kinds within which values can be compared."""
    kinds = {bool: "truth", int: "number", float: "number", str: "text", datetime: "time", type(None): "nothing"}
    return kinds.get(type(value), type(value).__name__)


def equal(left: Any, right: Any) -> bool:
    """Compare; a missing value equals nothing but null."""
    if MISSING in (left, right):
        return None in (left, right)
    return _kind(left) == _kind(right) and bool(left == right)


def unequal(left: Any, right: Any) -> bool:
    """Compare; a missing value differs from all but null."""
    return not equal(left, right)


def ordered(name: str, left: Any, right: Any) -> bool:
    """Order two values; missing comes before all, null counts as zero.

    Raises:
        ExpressionError: they have no order.
    """
    if MISSING in (left, right):
        return (name in _BELOW) == (left is MISSING)
    left = _ZEROS.get(_kind(right)) if left is None else left
    right = _ZEROS.get(_kind(left)) if right is None else right
    if _kind(left) != _kind(right) or _kind(left) not in _ZEROS:
        raise ExpressionError(f"no such overload: {_kind(left)} and {_kind(right)} have no order")
    return _ORDERINGS[name](left, right)


def contained(item: Any, container: Any) -> bool:
    """Look for an item in a list, or for a key in a map."""
    if MISSING in (item, container):
        return False
    if not isinstance(container, list | dict):
        raise ExpressionError(f"no such overload: in {_kind(container)}")
    return any(equal(item, other) for other in container)


def added(left: Any, right: Any) -> Any:
    """Add; values of different kinds are written one after the other, a missing one is left out."""
    if MISSING in (left, right):
        return right if left is MISSING else left
    kinds = {_kind(left), _kind(right)}
    if len(kinds) == 1 and kinds & {"number", "text", "list"}:
        return left + right
    return f"{string(left)}{string(right)}"


def calculated(name: str, left: Any, right: Any) -> Any:
    """Subtract, multiply or divide.

    Raises:
        ExpressionError: these are no numbers, or the divisor is zero.
    """
    if MISSING in (left, right):
        return False
    if {_kind(left), _kind(right)} != {"number"}:
        raise ExpressionError(f"no such overload: {_kind(left)} and {_kind(right)} can't be calculated with")
    try:
        return _ARITHMETIC[name](left, right)
    except ZeroDivisionError:
        raise ExpressionError("division by zero") from None


def negated(value: Any) -> bool:
    """Turn a truth into its opposite.

    Raises:
        ExpressionError: the value is none.
    """
    if value is MISSING:
        return False
    if not isinstance(value, bool):
        raise ExpressionError(f"no such overload: !{_kind(value)}")
    return not value


def truthy(value: Any) -> bool:
    """Take any value for a truth, as `&&`, `||` and `?` do."""
    return value is not MISSING and value not in (None, False, 0, "")


def field(value: Any, name: Any) -> Any:
    """Look into a map or a list."""
    if isinstance(value, dict):
        return value.get(name, MISSING)
    if isinstance(value, list) and isinstance(name, int | float) and 0 <= int(name) < len(value):
        return value[int(name)]
    return MISSING


def string(value: Any) -> str:
    """Write a value as it appears in a concatenation."""
    return value if isinstance(value, str) else wire.sorted_text(value)


def size(value: Any) -> int:
    """Count; what is missing has no size."""
    if value is MISSING:
        return 0
    if not isinstance(value, str | list | dict):
        raise ExpressionError(f"no such overload: size({_kind(value)})")
    return len(value)


def _text_or_empty(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _decoded(value: Any) -> str:
    try:
        return base64.b64decode(_text_or_empty(value)).decode("utf-8", "replace")
    except ValueError:
        return ""


def _parsed(value: Any) -> Any:
    try:
        content = wire.decode(_text_or_empty(value))
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _date(value: Any) -> datetime:
    try:
        found = datetime.fromisoformat(_text_or_empty(value))
    except ValueError:
        raise ExpressionError(f"not a date: {value!r}") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ExpressionError(f"not a number: {value!r}") from None


_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "size": size,
    "lowercase": lambda value: _text_or_empty(value).lower(),
    "uppercase": lambda value: _text_or_empty(value).upper(),
    "b64decode": _decoded,
    "json_parse": _parsed,
    "date": _date,
    "timestamp": _date,
    "string": string,
    "double": _number,
    "int": lambda value: int(_number(value)),
}
_TEXT_METHODS: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda text, part: part in text,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "matches": lambda text, pattern: re.search(pattern, text) is not None,
}


def call(name: str, arguments: list[Any]) -> Any:
    """Call a function by its name.

    Raises:
        ExpressionError: there is none, or not with these arguments.
    """
    function = _FUNCTIONS.get(name)
    if function is None or len(arguments) != 1:
        raise ExpressionError(str(NotImitatedError(f"function {name} with {len(arguments)} arguments")))
    return False if arguments[0] is MISSING and function is not size else function(arguments[0])


def call_method(value: Any, name: str, arguments: list[Any]) -> Any:
    """Call a method by its name; those of a missing value say no.

    Raises:
        ExpressionError: there is none, or not with these arguments.
    """
    if name == "size" and not arguments:
        return size(value)
    method = _TEXT_METHODS.get(name)
    if method is None:
        raise ExpressionError(str(NotImitatedError(f"method {name}")))
    if value is MISSING or MISSING in arguments:
        return False
    if not isinstance(value, str) or len(arguments) != 1 or not isinstance(arguments[0], str):
        raise ExpressionError(f"no such overload: {_kind(value)}.{name}")
    try:
        return method(value, arguments[0])
    except re.error as error:
        raise ExpressionError(f"not a pattern: {error}") from None
