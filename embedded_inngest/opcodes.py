"""The operations an app asks for in a 206 answer."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from embedded_inngest import wire
from embedded_inngest.errors import EngineError, NotImitatedError

NONE = "None"
STEP = "Step"
STEP_RUN = "StepRun"
STEP_ERROR = "StepError"
STEP_FAILED = "StepFailed"
STEP_PLANNED = "StepPlanned"
SLEEP = "Sleep"
WAIT_FOR_EVENT = "WaitForEvent"
INVOKE_FUNCTION = "InvokeFunction"

_IMITATED = {
    NONE,
    STEP,
    STEP_RUN,
    STEP_ERROR,
    STEP_FAILED,
    STEP_PLANNED,
    SLEEP,
    WAIT_FOR_EVENT,
    INVOKE_FUNCTION,
}
_REAL_ONLY = {
    "AIGateway",
    "Gateway",
    "WaitForSignal",
    "RunComplete",
    "SyncRunComplete",
    "DiscoveryRequest",
    "DeferAdd",
    "DeferAbort",
}
_PLANNED = {STEP_PLANNED, SLEEP, WAIT_FOR_EVENT, INVOKE_FUNCTION}
_ERROR_FIELDS = ("name", "message", "stack", "data", "noRetry", "cause")
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h|d|w)")
_SHORTEST_DATE = 10
_CENTURY = 100 * 365 * 24 * 60 * 60.0
"""Longer than anybody waits, and still a date that can be written."""


class OpcodeError(EngineError):
    """An answer with status 206 that can't be acted upon; it fails the attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing to do for a run."""

    op: str
    id: str
    name: str
    display_name: str
    data: Any = None
    error: dict[str, Any] | None = None
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The name a trace shows."""
        return self.display_name or self.name

    @property
    def is_planned(self) -> bool:
        """Whether its result comes later, so that siblings wait for one another."""
        return self.op in _PLANNED

    @property
    def is_race(self) -> bool:
        return self.options.get("parallelMode") == "race"

    def option(self, name: str) -> str | None:
        """Return an option that is a text and not empty."""
        value = self.options.get(name)
        return value if isinstance(value, str) and value else None

    def memo(self) -> bytes:
        """Return what is memoised of a step that was run."""
        if self.op == STEP:
            return wire.canonical(self.data)
        if self.op == STEP_RUN:
            return wire.canonical({"data": self.data})
        return wire.canonical({"error": self.shown_error()})

    def shown_error(self) -> dict[str, Any]:
        """Return the error with the fields that the server keeps."""
        given = self.error or {}
        kept = {key: given[key] for key in _ERROR_FIELDS if given.get(key)}
        return {"name": "", "message": "", **kept}


def read_operations(body: bytes) -> tuple[Operation, ...]:
    """Read one operation or a list of them.

    Raises:
        OpcodeError: the body is not what it must be.
    """
    try:
        value = wire.decode_foreign(body)
    except ValueError as error:
        raise OpcodeError(f"error reading generator opcode response: {error}") from None
    items = value if isinstance(value, list) else [value]
    if not all(isinstance(item, dict) for item in items):
        raise OpcodeError("error reading generator opcode response: expected JSON object or array")
    return tuple(_operation(item) for item in items) or (Operation(op=NONE, id="", name="", display_name=""),)


def _operation(item: dict[str, Any]) -> Operation:
    op = item.get("op")
    if op in _REAL_ONLY:
        raise OpcodeError(str(NotImitatedError(f"opcode {op}")))
    if not isinstance(op, str) or op not in _IMITATED:
        raise OpcodeError(f"error reading generator opcode response: {op} does not belong to Opcode values")
    error = item.get("error")
    if op == STEP_ERROR and not isinstance(error, dict):
        raise OpcodeError("OpcodeStepError received without Error field set")
    options = item.get("opts")
    return Operation(
        op=op,
        id=str(item.get("id") or ""),
        name=str(item.get("name") or ""),
        display_name=str(item.get("displayName") or ""),
        data=item.get("data"),
        error=error if isinstance(error, dict) else None,
        options=options if isinstance(options, dict) else {},
    )


def seconds_until(text: str, now: float) -> float:
    """Read a duration such as `1m30s`, or a date, as seconds from now.

    Raises:
        OpcodeError: it is neither.
    """
    if not text:
        return 0.0
    if len(text) >= _SHORTEST_DATE and (at := _date(text)) is not None:
        return max(0.0, at - now)
    if _DURATION.sub("", text) != "":
        raise OpcodeError(f"invalid duration: {text}")
    seconds = sum(float(number) * _UNITS[unit] for number, unit in _DURATION.findall(text))
    return min(seconds, _CENTURY)


def _date(text: str) -> float | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
