"""Conditions on events, in CEL: read once into functions, then evaluated on every event that may meet them."""

import logging
from collections.abc import Callable
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from embedded_inngest import cel_values as values
from embedded_inngest.cel_values import MISSING, ExpressionError
from embedded_inngest.declarations import MACROS, are_declared, arguments_of

if TYPE_CHECKING:
    from lark import Tree

Scope = dict[str, Any]
Evaluate = Callable[[Scope], Any]

_KNOWN_EXPRESSIONS = 1024
_LITERALS = {"true": True, "false": False, "null": None}

log = logging.getLogger(__name__)


def holds(expression: str, event: dict[str, Any], incoming: dict[str, Any] | None = None) -> bool:
    """Tell whether a condition holds for an event and, where one is waited for, an incoming one.

    What can't be evaluated does not hold; the log says why.
    """
    try:
        return compiled(expression)(scope_of(event, incoming)) is True
    except ExpressionError as error:
        log.warning("expression %r: %s", expression, error)
        return False


def value(expression: str, event: dict[str, Any]) -> Any:
    """Return what an expression makes of an event; what the event does not have is False, as on the real server.

    Raises:
        ExpressionError: it can't be evaluated.
    """
    found = compiled(expression)(scope_of(event))
    return False if found is MISSING else found


def scope_of(event: dict[str, Any], incoming: dict[str, Any] | None = None) -> Scope:
    """Return what expressions can name: an event and, where one is waited for, an incoming one."""
    return {"event": event, "async": MISSING if incoming is None else incoming, "vars": MISSING}


def is_expression(text: Any) -> bool:
    """Tell whether something is a text that the real server takes; there may be none."""
    try:
        return text is None or (isinstance(text, str) and compiled(text) is not None and are_declared(parsed(text)))
    except ExpressionError:
        return False


@lru_cache(_KNOWN_EXPRESSIONS)
def compiled(expression: str) -> Evaluate:
    """Read an expression.

    Raises:
        ExpressionError: it is none.
    """
    evaluate = _compile(parsed(expression))

    def evaluated(scope: Scope) -> Any:
        """Evaluate; values that nobody foresaw may not keep other functions from what they wait for."""
        try:
            return evaluate(scope)
        except (TypeError, ValueError, OverflowError) as error:
            raise ExpressionError(f"{expression!r} can't be evaluated: {error}") from None

    return evaluated


def searching(expression: str) -> Evaluate:
    """Read an expression by which runs are searched for: it must compare something, and not with macros.

    Raises:
        ExpressionError: it is none.
    """
    tree = parsed(expression)
    if any(str(call.children[1]) in MACROS for call in tree.find_data("member_dot_arg")):
        raise ExpressionError("macros are currently not supported")
    if not any(len(relation.children) > 1 for relation in tree.find_data("relation")):
        raise ExpressionError("invalid syntax detected")
    return compiled(expression)


def parsed(expression: str) -> "Tree[Any]":
    """Read an expression into a tree of the parts it is written in.

    Raises:
        ExpressionError: it is none.
    """
    from celpy.celparser import CELParseError, CELParser  # noqa: PLC0415 (slow to import, and few triggers need it)

    try:
        return CELParser().parse(expression)
    except CELParseError as error:
        raise ExpressionError(f"can't read {expression!r}: {error}") from None


def _compile(tree: "Tree[Any]") -> Evaluate:
    """Turn a node into a function of the scope; nodes that only pass their one child on are skipped."""
    make = _MAKERS.get(tree.data)
    if make is not None and (len(tree.children) > 1 or tree.data in _ALWAYS):
        return make(tree.children)
    if len(tree.children) != 1:
        raise ExpressionError(f"unsupported syntax: {tree.data}")
    return _compile(tree.children[0])


def _conditional(parts: list[Any]) -> Evaluate:
    condition, then, otherwise = map(_compile, parts)
    return lambda scope: then(scope) if values.truthy(condition(scope)) else otherwise(scope)


def _or(parts: list[Any]) -> Evaluate:
    left, right = map(_compile, parts)
    return lambda scope: values.truthy(left(scope)) or values.truthy(right(scope))


def _and(parts: list[Any]) -> Evaluate:
    left, right = map(_compile, parts)
    return lambda scope: values.truthy(left(scope)) and values.truthy(right(scope))


def _relation(parts: list[Any]) -> Evaluate:
    name, left, right = parts[0].data, _compile(parts[0].children[0]), _compile(parts[1])
    compare = _comparison(name)
    if name == "relation_in" or _owner(parts[0].children[0]) != "event":
        return lambda scope: compare(left(scope), right(scope))
    turns = _owner(parts[1]) == "async"

    def compared(scope: Scope) -> bool:
        """Compare; what the earlier of two events lacks is null, and stands where the later one is asked first."""
        known, other = left(scope), right(scope)
        if known is not MISSING or scope["async"] is MISSING:
            return compare(known, other)
        return compare(other, None) if turns else compare(None, other)

    return compared


def _comparison(name: str) -> Callable[[Any, Any], bool]:
    others = {"relation_eq": values.equal, "relation_ne": values.unequal, "relation_in": values.contained}
    return others.get(name) or partial(values.ordered, name)


def _owner(part: "Tree[Any]") -> str | None:
    """Return which event a part is a field of, however deep; None for what is no field."""
    while (len(part.children) == 1 and part.data not in _ALWAYS) or part.data in {"member_dot", "member_index"}:
        part = part.children[0]
    return str(part.children[0]) if part.data == "ident" else None


def _arithmetic(parts: list[Any]) -> Evaluate:
    name, left, right = parts[0].data, _compile(parts[0].children[0]), _compile(parts[1])
    if name == "addition_add":
        return lambda scope: values.added(left(scope), right(scope))
    return lambda scope: values.calculated(name, left(scope), right(scope))


def _unary(parts: list[Any]) -> Evaluate:
    operand = _compile(parts[1])
    if parts[0].data == "unary_not":
        return lambda scope: values.negated(operand(scope))
    return lambda scope: values.calculated("addition_sub", 0, operand(scope))


def _member(parts: list[Any]) -> Evaluate:
    owner, name = _compile(parts[0]), str(parts[1])
    return lambda scope: values.field(owner(scope), name)


def _index(parts: list[Any]) -> Evaluate:
    owner, key = map(_compile, parts)
    return lambda scope: values.field(owner(scope), key(scope))


def _method(parts: list[Any]) -> Evaluate:
    owner, name, arguments = _compile(parts[0]), str(parts[1]), arguments_of(parts[2:])
    if name in MACROS:
        return _macro(owner, name, arguments)
    evaluated = [_compile(argument) for argument in arguments]
    return lambda scope: values.call_method(owner(scope), name, [one(scope) for one in evaluated])


def _macro(owner: Evaluate, name: str, arguments: list["Tree[Any]"]) -> Evaluate:
    if len(arguments) != len(("variable", "body")):
        raise ExpressionError(f"{name} takes a variable and an expression")
    variable = str(next(iter(arguments[0].scan_values(lambda _: True))))
    body = _compile(arguments[1])
    return lambda scope: _folded(name, owner(scope), lambda item: body({**scope, variable: item}))


def _folded(name: str, items: Any, body: Callable[[Any], Any]) -> Any:
    if not isinstance(items, list | dict):
        return MISSING
    results = [(item, body(item)) for item in items]
    passed = [item for item, result in results if values.truthy(result)]
    return {
        "exists": bool(passed),
        "exists_one": len(passed) == 1,
        "all": len(passed) == len(results),
        "map": [result for _, result in results],
        "filter": passed,
    }[name]


def _function(parts: list[Any]) -> Evaluate:
    name, arguments = str(parts[0]), [_compile(argument) for argument in arguments_of(parts[1:])]
    if name == "has" and len(arguments) == 1:
        return lambda scope: arguments[0](scope) is not MISSING
    return lambda scope: values.call(name, [argument(scope) for argument in arguments])


def _name(parts: list[Any]) -> Evaluate:
    name = str(parts[0])

    def look_up(scope: Scope) -> Any:
        if name not in scope:
            raise ExpressionError(f"undeclared reference to {name!r}")
        return scope[name]

    return look_up


def _list(parts: list[Any]) -> Evaluate:
    items = [_compile(item) for item in arguments_of(parts)]
    return lambda scope: [item(scope) for item in items]


def _map(parts: list[Any]) -> Evaluate:
    flat = [_compile(item) for item in arguments_of(parts)]
    pairs = list(zip(flat[::2], flat[1::2], strict=True))
    return lambda scope: {key(scope): value(scope) for key, value in pairs}


def _literal(parts: list[Any]) -> Evaluate:
    value = _literal_value(parts[0].type, str(parts[0]), parts[0])
    return lambda _scope: value


def _literal_value(kind: str, text: str, token: Any) -> Any:
    if kind in {"INT_LIT", "UINT_LIT"}:
        return int(text.rstrip("uU"), 0) if "x" in text else int(text.rstrip("uU"))
    if kind == "FLOAT_LIT":
        return float(text)
    if kind in {"STRING_LIT", "MLSTRING_LIT"}:
        return _text(token)
    if text not in _LITERALS:
        raise ExpressionError(f"unsupported literal: {text}")
    return _LITERALS[text]


def _text(token: Any) -> str:
    """Read a text, whose escapes may be of no character."""
    from celpy.evaluation import celstr  # noqa: PLC0415 (see `parsed`)

    try:
        text = str(celstr(token))
        text.encode()
    except ValueError as error:
        raise ExpressionError(f"no text: {error}") from None
    return text


_MAKERS: dict[str, Callable[[list[Any]], Evaluate]] = {
    "expr": _conditional,
    "conditionalor": _or,
    "conditionaland": _and,
    "relation": _relation,
    "addition": _arithmetic,
    "multiplication": _arithmetic,
    "unary": _unary,
    "member_dot": _member,
    "member_index": _index,
    "member_dot_arg": _method,
    "ident_arg": _function,
    "ident": _name,
    "list_lit": _list,
    "map_lit": _map,
    "literal": _literal,
}
_ALWAYS = {"ident", "ident_arg", "list_lit", "map_lit", "literal"}
"""Nodes that mean something even with one child."""
