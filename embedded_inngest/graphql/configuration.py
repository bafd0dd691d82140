"""The configuration of a function, field by field, beside the text in which it was registered."""

from typing import Any

from embedded_inngest import concurrency
from embedded_inngest.apps import DEFAULT_RETRIES, Function

_SCOPES = {"Fn": "FUNCTION", "Env": "ENVIRONMENT", "Account": "ACCOUNT"}
_UNLIMITED = {"scope": "ACCOUNT", "limit": {"value": -1, "isPlanLimit": True}, "key": None}


def configuration(function: Function) -> dict[str, Any]:
    """Show the configuration of a function."""
    config = function.config
    retries = function.max_attempts - 1
    return {
        "cancellations": [_cancellation(one) for one in config.get("cancel") or ()],
        "retries": {"value": retries, "isDefault": retries == DEFAULT_RETRIES},
        "priority": (config.get("priority") or {}).get("run"),
        "eventsBatch": _fields(config.get("batchEvents"), "maxSize", "timeout", "key"),
        "concurrency": _concurrency(config),
        "rateLimit": _fields(config.get("rateLimit"), "limit", "period", "key"),
        "debounce": _fields(config.get("debounce"), "period", "key"),
        "throttle": _throttle(config.get("throttle")),
        "singleton": _singleton(config.get("singleton")),
    }


def _fields(option: dict[str, Any] | None, *names: str) -> dict[str, Any] | None:
    return None if option is None else {name: option.get(name) for name in names}


def _cancellation(option: dict[str, Any]) -> dict[str, Any]:
    return {"event": option["event"], "timeout": option.get("timeout"), "condition": option.get("if")}


def _concurrency(config: dict[str, Any]) -> list[dict[str, Any]]:
    if config.get("concurrency") is None:
        return [_UNLIMITED]
    return [
        {
            "scope": _SCOPES[limit["scope"]],
            "limit": {"value": limit["limit"], "isPlanLimit": False},
            "key": limit.get("key"),
        }
        for limit in concurrency.of_steps(config["concurrency"])
    ]


def _throttle(option: dict[str, Any] | None) -> dict[str, Any] | None:
    shown = _fields(option, "burst", "key", "limit", "period")
    return None if shown is None else {**shown, "burst": shown["burst"] or 0}


def _singleton(option: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if option is None else {"key": option.get("key"), "mode": str(option.get("mode") or "skip").upper()}
