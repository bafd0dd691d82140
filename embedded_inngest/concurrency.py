"""Limits on concurrency, in the forms in which functions are registered with them."""

from dataclasses import dataclass
from typing import Any

import xxhash

from embedded_inngest.apps import Function
from embedded_inngest.clock import base36
from embedded_inngest.expressions import is_expression
from embedded_inngest.flow.capacity import Holder
from embedded_inngest.release import Release

_MAX_STEP_LIMITS = 2
_MAX_RUN_LIMITS = 1
_SCOPES = {"fn": "Fn", "env": "Env", "account": "Account"}

Shown = list[dict[str, Any]] | dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How much of a function may be under way at once.

    Attributes:
        name: What it has in common with the limits of other functions that count together with it.
        size: How much there is room for.
        expression: What an event must have in common with others to count together with them.
        held_by: What counts.
    """

    name: str
    size: int
    expression: str | None = None
    held_by: Holder = "step"


def limits(function: Function) -> list[Limit]:
    """Return the limits of a function.

    Of limits on its steps without a key the smallest counts; if that is none, it is as if there were no limit: the
    thousand that the real server then has room for are never reached before those of its account.
    """
    shown = function.config.get("concurrency")
    if not shown:
        return []
    plain = [one["limit"] for one in of_steps(shown) if "key" not in one][:1]
    return [
        *(Limit(name=f"Fn:{function.id}", size=size) for size in plain if size > 0),
        *(_keyed(one, function) for one in of_steps(shown) if "key" in one),
        *(_seat(one, function) for one in _of_runs(shown)),
    ]


def _keyed(one: dict[str, Any], function: Function) -> Limit:
    owner = function.id if one["scope"] == _SCOPES["fn"] else ""
    return Limit(name=f"{one['scope']}:{owner}:{one['hash']}", size=one["limit"], expression=str(one["key"]))


def _seat(one: dict[str, Any], function: Function) -> Limit:
    return Limit(
        name=f"run:{function.id}:{one.get('id', '')}", size=one["limit"], expression=one.get("key"), held_by="run"
    )


def shown(given: Any, release: Release) -> Shown | None:
    """Return the limits as the server shows them: a number, a map or a list of maps bound steps, `fn` bounds runs.

    Raises:
        TypeError: they have none of these forms.
    """
    if isinstance(given, dict):
        return _of_map(given) if release.limits_runs else _step_limits([given])
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
        and all(is_expression(str(one["key"])) for one in (*steps, *runs) if "key" in one)
    )
