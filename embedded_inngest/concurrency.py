"""Limits on concurrency, in the forms in which functions are registered with them; none of them has an effect."""

from typing import Any

import xxhash

from embedded_inngest.cel_values import ExpressionError
from embedded_inngest.clock import base36
from embedded_inngest.expressions import compiled

_MAX_STEP_LIMITS = 2
_MAX_RUN_LIMITS = 1
_SCOPES = {"fn": "Fn", "env": "Env", "account": "Account"}

Shown = list[dict[str, Any]] | dict[str, list[dict[str, Any]]]


def shown(given: Any) -> Shown | None:
    """Return the limits as the server shows them: a number, a map or a list of maps bound steps, `fn` bounds runs.

    Raises:
        TypeError: they have none of these forms.
    """
    if isinstance(given, dict):
        return _of_map(given)
    if isinstance(given, list):
        return _step_limits(given)
    if isinstance(given, int) and not isinstance(given, bool):
        return _step_limits([{"limit": given}])
    return None


def _of_map(given: dict[str, Any]) -> Shown:
    """Read a limit, or the newer form that has lists of them; lists that are empty or none leave one limit of 0."""
    runs, steps = given.get("fn"), given.get("step")
    are_lists = all(isinstance(one, list | None) for one in (runs, steps))
    if not are_lists or not (runs or steps):
        return _step_limits([given])
    if not runs:
        return _step_limits(steps or [])
    shown_steps = _step_limits(steps or [])
    return {"fn": [_run_limit(one) for one in runs], **({"step": shown_steps} if shown_steps else {})}


def _step_limits(given: list[Any]) -> list[dict[str, Any]]:
    return sorted((_step_limit(one) for one in given), key=lambda one: int(one["limit"]))


def _step_limit(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise TypeError("expected a map")
    scope = _SCOPES[str(given.get("scope") or "fn").lower()]
    key = given.get("key")
    if key is None:
        return {"limit": _number(given), "scope": scope, "hash": ""}
    return {"limit": _number(given), "key": key, "scope": scope, "hash": _hash(key)}


def _run_limit(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise TypeError("expected a map")
    key = given.get("key")
    limit = {"limit": _number(given), **({"scope": given["scope"]} if given.get("scope") else {})}
    return limit if key is None else {**limit, "key": key, "id": _hash(key)}


def _number(given: dict[str, Any]) -> int:
    names = {str(name).lower(): value for name, value in given.items()}
    limit = names.get("limit") or 0
    if not isinstance(limit, int):
        raise TypeError("expected a whole number")
    return limit


def _hash(key: Any) -> str:
    return base36(xxhash.xxh64_intdigest(str(key).encode()))


def of_steps(limits: Shown | None) -> list[dict[str, Any]]:
    """Return the limits on steps."""
    return limits.get("step", []) if isinstance(limits, dict) else limits or []


def _of_runs(limits: Shown | None) -> list[dict[str, Any]]:
    return limits["fn"] if isinstance(limits, dict) else []


def are_allowed(limits: Shown | None) -> bool:
    """Tell whether the server takes them."""
    steps, runs = of_steps(limits), _of_runs(limits)
    return (
        len(steps) <= _MAX_STEP_LIMITS
        and len(runs) <= _MAX_RUN_LIMITS
        and all("key" in one or one["scope"] == _SCOPES["fn"] for one in steps)
        and all(one["limit"] > 0 and one.get("scope", "fn") == "fn" for one in runs)
        and all(_is_expression(one["key"]) for one in (*steps, *runs) if "key" in one)
    )


def _is_expression(text: Any) -> bool:
    try:
        return compiled(str(text)) is not None
    except ExpressionError:
        return False
