"""What the server lets a function be."""

from typing import Any

from embedded_inngest import concurrency
from embedded_inngest.apps import Function
from embedded_inngest.errors import PublicError
from embedded_inngest.expressions import is_expression
from embedded_inngest.flow import cancelling, options, timetable
from embedded_inngest.release import Release

_MAX_TRIGGERS = 10
_MAX_NAME = 255

INVALID = PublicError(400, "At least one function is invalid")


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
        cancelling.are_allowed(config.get("cancel", []), release),
        bool(config["triggers"]) or release.newer_options,
        options.are_allowed(config),
        is_expression((config.get("priority") or {}).get("run")),
        _triggers_allowed(config["triggers"]),
        all(is_expression(trigger.expression) for trigger in function.triggers),
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
