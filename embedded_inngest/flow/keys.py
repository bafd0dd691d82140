"""Keys that flow control makes of events: what has the same key shares a limit, a batch or a place."""

import logging
from datetime import datetime
from typing import Any

from embedded_inngest import concurrency
from embedded_inngest.apps import Function
from embedded_inngest.cel_values import ExpressionError
from embedded_inngest.events import Event
from embedded_inngest.expressions import value
from embedded_inngest.flow.capacity import Key

_LITERALS = {True: "true", False: "false", None: "NULL_VALUE"}
_NESTED_NULL = "<nil>"

log = logging.getLogger(__name__)


def key_of(expression: str | None, event: Event) -> str:
    """Return the key of an event; without an expression all events have the same.

    Raises:
        ExpressionError: the expression can't be evaluated.
    """
    return "" if expression is None else written(value(expression, event.fields()))


def written(found: Any) -> str:
    """Write a value as Go prints it, as the real server does: 1, 1.0 and "1" are the same, [1,2] is "[1 2]"."""
    if isinstance(found, str | datetime):
        return str(found)
    if found is None or isinstance(found, bool):
        return _LITERALS[found]
    if isinstance(found, int | float):
        return repr(float(found)).removesuffix(".0")
    if isinstance(found, dict):
        return f"map[{' '.join(f'{name}:{_item(item)}' for name, item in sorted(found.items()))}]"
    return f"[{' '.join(map(_item, found))}]"


def _item(found: Any) -> str:
    return _NESTED_NULL if found is None else written(found)


def keys_of(function: Function, event: Event) -> tuple[Key, ...]:
    """Return the keys that an event has at the limits of a function; those whose expression fails are all the same."""
    limits, throttle = concurrency.limits(function), function.config.get("throttle")
    if not limits and throttle is None:
        return ()
    pace = (
        () if throttle is None else (Key(f"throttle:{function.id}", _or_nothing(throttle.get("key"), event), "pace"),)
    )
    return pace + tuple(
        Key(limit.name, _or_nothing(limit.expression, event), limit.held_by)
        for limit in limits
        if limit.expression is not None or limit.held_by == "run"
    )


def _or_nothing(expression: str | None, event: Event) -> str:
    try:
        return key_of(expression, event)
    except ExpressionError as error:
        log.warning("key %r: %s", expression, error)
        return ""
