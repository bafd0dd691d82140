"""JSON read into declared types, refused in the words in which Go's decoder refuses it."""

from typing import Any

_LONGEST_INT = 2**63


class TypeMismatchError(ValueError):
    """A value has another type than its place; the message is Go's."""

    def __init__(self, value: Any, place: str, wanted: type = dict) -> None:
        number = f" {value}" if wanted is int and kind(value) == "number" else ""
        super().__init__(f"json: cannot unmarshal {kind(value)}{number} into Go {place}")


def typed(value: Any, wanted: type, place: str) -> Any:
    """Return a value that is null or has the type that its place wants.

    Raises:
        TypeMismatchError: it has another.
    """
    if value is None or (isinstance(value, wanted) and not isinstance(value, bool) and fits(value)):
        return value
    raise TypeMismatchError(value, place, wanted)


def fits(value: Any) -> bool:
    """Tell whether a value is no integer that 64 bits can't hold."""
    return not isinstance(value, int) or -_LONGEST_INT <= value < _LONGEST_INT


def kind(value: Any) -> str:
    """Name a JSON value as Go's decoder does."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"
