"""Conditions on events, in CEL, with Inngest's leniency towards missing fields and mixed types."""

from typing import Any


def holds(expression: str, event: dict[str, Any], incoming: dict[str, Any] | None = None) -> bool:
    """Tell whether a condition holds for an event and, where one is waited for, an incoming one."""
    raise NotImplementedError
