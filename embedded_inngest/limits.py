"""What the server lets a function be, and what of it this engine does not imitate."""

from typing import Any

from embedded_inngest import concurrency
from embedded_inngest.apps import Function
from embedded_inngest.cel_values import ExpressionError
from embedded_inngest.errors import PublicError
from embedded_inngest.expressions import compiled
from embedded_inngest.flow import cancelling, timeouts, timetable
from embedded_inngest.release import Release

_MAX_TRIGGERS = 10
_MAX_NAME = 255
_FLOW_CONTROL = ("throttle",)
_ALONE = ("cancel", "debounce", "singleton", "priority")

INVALID = PublicError(400, "At least one function is invalid")


def not_imitated(definition: dict[str, Any]) -> str | None:
    """Name the first option without which the function would behave otherwise than on the real server."""
    for option in _FLOW_CONTROL:
        if definition.get(option):
            return option
    return None


def check(function: Function, release: Release) -> None:
    """Refuse what the real server refuses.

    Raises:
        PublicError: the function is invalid.
    """
    config = function.config
    steps = config["steps"]
    allowed = (
        function.name,
        len(steps) == 1,
        all(step["name"] and step["uri"].startswith(("http://", "https://", "ws://", "wss://")) for step in steps),
        concurrency.are_allowed(config.get("concurrency")),
        cancelling.are_allowed(config.get("cancel", [])),
        timeouts.are_allowed(config.get("timeouts", {}), release),
        bool(config["triggers"]) or release.newer_options,
        "batchEvents" not in config or not any(option in config for option in _ALONE),
        _is_expression((config.get("priority") or {}).get("run")),
        _triggers_allowed(config["triggers"]),
        all(_is_expression(trigger.expression) for trigger in function.triggers),
    )
    if not all(allowed):
        raise INVALID


def _triggers_allowed(triggers: list[dict[str, Any]]) -> bool:
    distinct = {tuple(sorted(trigger.items())) for trigger in triggers}
    return (
        len(triggers) <= _MAX_TRIGGERS
        and len(distinct) == len(triggers)
        and all(trigger.get("event") or trigger.get("cron") for trigger in triggers)
        and timetable.are_allowed(triggers)
        and all(len(trigger.get("event") or trigger["cron"]) <= _MAX_NAME for trigger in triggers)
    )


def _is_expression(text: str | None) -> bool:
    try:
        return text is None or compiled(text) is not None
    except ExpressionError:
        return False
