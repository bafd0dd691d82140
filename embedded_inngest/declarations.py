"""What expressions may name: variables, functions and methods that the real server knows, whether imitated or not."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lark import Tree

NAMES = frozenset({"event", "async", "vars"})
MACROS = frozenset({"exists", "exists_one", "all", "map", "filter"})
_TYPES = {
    "bool",
    "bytes",
    "double",
    "duration",
    "int",
    "list",
    "map",
    "null_type",
    "string",
    "timestamp",
    "type",
    "uint",
}
_CONVERSIONS = {"bool", "bytes", "double", "duration", "dyn", "int", "string", "timestamp", "type", "uint"}
_OWN = {"b64decode", "date", "json_parse", "lowercase", "uppercase"}
_OF_ONE = _CONVERSIONS | _OWN | {"size"}
_OF_ANY = {"matches", "now", "now_minus", "now_plus"}
_OF_TIMES = {
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getFullYear",
    "getHours",
    "getMilliseconds",
    "getMinutes",
    "getMonth",
    "getSeconds",
}
_METHODS = _OF_TIMES | {"contains", "endsWith", "matches", "size", "startsWith"}


def are_declared(part: "Tree[Any]", names: frozenset[str] = NAMES) -> bool:
    """Tell whether everything is known that a part of an expression names."""
    if part.data == "ident":
        return str(part.children[0]) in names | _TYPES
    if part.data == "ident_arg":
        return _is_call(str(part.children[0]), arguments_of(part.children[1:])) and _all(part, names)
    if part.data != "member_dot_arg":
        return _all(part, names)
    owner, method, arguments = part.children[0], str(part.children[1]), arguments_of(part.children[2:])
    if method not in MACROS:
        return method in _METHODS and _all(part, names)
    inner = names | {str(token) for one in arguments[:1] for token in one.scan_values(lambda _: True)}
    return are_declared(owner, names) and all(are_declared(one, inner) for one in arguments)


def _all(part: "Tree[Any]", names: frozenset[str]) -> bool:
    return all(are_declared(child, names) for child in _parts(part))


def _parts(part: "Tree[Any]") -> "Iterator[Tree[Any]]":
    return (child for child in part.children if child is not None and not isinstance(child, str))


def _is_call(function: str, arguments: list["Tree[Any]"]) -> bool:
    if function == "has":
        return len(arguments) == 1 and next(arguments[0].find_data("member_dot"), None) is not None
    return function in _OF_ANY or (function in _OF_ONE and len(arguments) == 1)


def arguments_of(parts: list[Any]) -> list["Tree[Any]"]:
    """Return the arguments of a call, or the items of a list or a map, whose node is missing if there are none."""
    return list(parts[0].children) if parts and parts[0] is not None else []
