"""How many seconds older or younger than it is a run counts as."""

import logging
from typing import Any

from embedded_inngest.apps import Function
from embedded_inngest.cel_values import ExpressionError
from embedded_inngest.events import Event
from embedded_inngest.expressions import value

MOST = 12 * 60 * 60

log = logging.getLogger(__name__)


def of(function: Function, event: Event) -> int:
    """Return the priority of a new run; an expression whose value is no whole number gives none.

    To the real server all numbers of an event are fractions, so `event.data.priority` alone never is one.
    """
    expression = (function.config.get("priority") or {}).get("run")
    if expression is None:
        return 0
    try:
        found = value(expression, _with_fractions(event.fields()))
    except ExpressionError as error:
        log.warning("priority %r: %s", expression, error)
        return 0
    if not isinstance(found, int) or isinstance(found, bool):
        log.warning("priority %r is no whole number: %r", expression, found)
        return 0
    return max(-MOST, min(found, MOST))


def _with_fractions(found: Any) -> Any:
    if isinstance(found, dict):
        return {name: _with_fractions(item) for name, item in found.items()}
    if isinstance(found, list):
        return [_with_fractions(item) for item in found]
    return float(found) if isinstance(found, int) and not isinstance(found, bool) else found
