"""The operations an app asks for in a 206 answer."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from embedded_inngest import gojson, wire
from embedded_inngest.errors import EngineError, NotImitatedError
from embedded_inngest.gotypes import TypeMismatchError, typed
from embedded_inngest.release import V1_43, Release

NONE = "None"
STEP = "Step"
STEP_RUN = "StepRun"
STEP_ERROR = "StepError"
STEP_FAILED = "StepFailed"
STEP_PLANNED = "StepPlanned"
SLEEP = "Sleep"
WAIT_FOR_EVENT = "WaitForEvent"
INVOKE_FUNCTION = "InvokeFunction"
WAIT_FOR_SIGNAL = "WaitForSignal"
RUN_COMPLETE = "RunComplete"

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
    WAIT_FOR_SIGNAL,
    RUN_COMPLETE,
}
_REAL_ONLY = {
    "AIGateway",
    "Gateway",
    "SyncRunComplete",
    "DiscoveryRequest",
    "DeferAdd",
    "DeferAbort",
}
_NEWER = _REAL_ONLY | {STEP_FAILED, RUN_COMPLETE, WAIT_FOR_SIGNAL}
_KNOWN = {spelling: op for op in _IMITATED | _REAL_ONLY for spelling in (op, op.lower())}
_TYPES: dict[str, tuple[type, str]] = {
    "id": (str, "id of type string"),
    "name": (str, "name of type string"),
    "displayname": (str, "displayName of type string"),
    "error": (dict, "error of type state.UserError"),
    "timing": (dict, "timing of type interval.Interval"),
    "userland": (dict, 'userland of type struct { ID string "json:\\"id\\""; Index int "json:\\"index,omitempty\\"" }'),
    "metadata": (list, "metadata of type []metadata.ScopedUpdate"),
}
_ERROR_TYPES: dict[str, tuple[type, str]] = {
    name: (str, f"UserError.error.{name} of type string") for name in ("name", "message", "stack")
}
_TIMING_TYPES: dict[str, tuple[type, str]] = {
    name: (int, f"Interval.timing.{name} of type int64") for name in ("a", "b")
}
_UNREADABLE = "error reading generator opcode response"
RESULTS = frozenset({STEP, STEP_RUN})
_PLANNED = {STEP_PLANNED, SLEEP, WAIT_FOR_EVENT, INVOKE_FUNCTION, WAIT_FOR_SIGNAL}
_ERROR_FIELDS = ("name", "message", "stack", "data", "noRetry", "cause")
_NANO = 1_000_000_000
MAX_OUTPUT = 4 * 1024 * 1024
"""Bytes of a step's result, wrapped as it is kept."""

_LONGEST_ESCAPE = 6
"""Bytes that one byte of an answer can take once it is written again."""


class OpcodeError(EngineError):
    """An answer with status 206 that can't be acted upon; it fails the attempt."""


class OutputTooLargeError(OpcodeError):
    """The result of a step is too large."""

    def __init__(self) -> None:
        super().__init__("step output size is greater than the limit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing to do for a run."""

    op: str
    id: str
    name: str
    display_name: str
    data: Any = None
    error: dict[str, Any] | None = None
    options: Any = field(default_factory=dict)
    timing: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The name a trace shows."""
        return self.display_name or self.name or self.id

    @property
    def is_planned(self) -> bool:
        """Whether its result comes later, so that siblings wait for one another."""
        return self.op in _PLANNED

    @property
    def is_race(self) -> bool:
        return isinstance(self.options, dict) and self.options.get("parallelMode") == "race"

    @property
    def replaces(self) -> bool:
        """Whether a signal that another step waits for shall come to this one."""
        return isinstance(self.options, dict) and self.options.get("conflict") == "replace"

    def option(self, name: str) -> str | None:
        """Return an option that is a text, None when there is none.

        Raises:
            OpcodeError: the option, or all of them, are something else.
        """
        try:
            options = typed(self.options, dict, f"value of type state.{self.op}Opts")
            text: str | None = typed(options.get(name), str, f"struct field {self.op}Opts.{name} of type string")
        except TypeMismatchError as error:
            raise OpcodeError(str(error)) from None
        return text

    def memo(self) -> bytes:
        """Return what is memoised of a step that was run."""
        if self.op == STEP:
            return wire.canonical(self.data)
        if self.op == STEP_RUN:
            return wire.canonical({"data": self.data})
        return wire.canonical({"error": self.shown_error()})

    def times(self, now: float) -> tuple[float, float]:
        """Return when it began and ended by the clock of the app, which sends nanoseconds, else now."""
        start, duration = self.timing.get("a"), self.timing.get("b")
        if start is None or duration is None or start <= 0:
            return now, now
        return start / _NANO, (start + duration) / _NANO

    def result(self) -> str:
        """Return the result of a run that this operation completes, as JSON with the keys in the order given."""
        return orjson.dumps(self.data).decode()

    def check_size(self) -> None:
        """Refuse a result that is too large to be kept.

        Raises:
            OutputTooLargeError: it is.
        """
        if self.op in RESULTS and len(wire.text({"data": self.data}).encode()) > MAX_OUTPUT:
            raise OutputTooLargeError

    def shown_error(self) -> dict[str, Any]:
        """Return the error with the fields that the server keeps."""
        given = self.error or {}
        kept = {key: given[key] for key in _ERROR_FIELDS if given.get(key)}
        return {"name": "", "message": "", **kept}


NOTHING = (Operation(op=NONE, id="", name="", display_name=""),)
"""What an answer without operations amounts to."""


def read_operations(body: bytes, release: Release = V1_43) -> tuple[Operation, ...]:
    """Read one operation or a list of them.

    Raises:
        OpcodeError: the body is not what it must be.
        NotImitatedError: it asks for something that only the real server does.
    """
    read = tuple(_imitated(number, item, release) for number, item in enumerate(_items(body)))
    if len(body) > MAX_OUTPUT // _LONGEST_ESCAPE:
        _check_sizes(read)
    return read or NOTHING


def _items(body: bytes) -> list[Any]:
    if not body.strip():
        raise OpcodeError("no response data")
    try:
        value = wire.decode_foreign(body)
    except (wire.OutOfRangeError, wire.TooDeepError) as error:
        raise OpcodeError(f"{_UNREADABLE}: {error}") from None
    except ValueError:
        raise OpcodeError(f"{_UNREADABLE}: {gojson.complaint(body)}") from None
    if not isinstance(value, dict | list):
        raise OpcodeError(f"{_UNREADABLE}: expected JSON object or array")
    return value if isinstance(value, list) else [value]


def _imitated(number: int, item: Any, release: Release) -> Operation:
    if item is None:
        raise OpcodeError(f"error validating generator opcode {number}: opcode cannot be null")
    try:
        operation = read_operation(typed(item, dict, "value of type state.GeneratorOpcode"), release)
    except (OpcodeError, TypeMismatchError) as error:
        raise OpcodeError(f"{_UNREADABLE}: {error}") from None
    if operation.op in _REAL_ONLY:
        raise NotImitatedError(f"opcode {operation.op}")
    if operation.op == STEP_ERROR and operation.error is None:
        raise OpcodeError("OpcodeStepError received without Error field set")
    return operation


def _check_sizes(operations: tuple[Operation, ...]) -> None:
    for operation in operations:
        try:
            operation.check_size()
        except OutputTooLargeError as error:
            raise OpcodeError(f"error validating generator opcode {operation.id}: {error}") from None


def read_operation(item: dict[str, Any], release: Release = V1_43) -> Operation:
    """Read one operation, its fields in any case; without an opcode it is one that does nothing.

    Raises:
        OpcodeError: the real server knows no such opcode.
        TypeMismatchError: a field has the wrong type.
    """
    fields = {name.lower(): value for name, value in item.items()}
    for name, (wanted, go_name) in _TYPES.items():
        if name in fields:
            typed(fields[name], wanted, f"struct field GeneratorOpcode.{go_name}")
    error, timing, options = fields.get("error"), fields.get("timing") or {}, fields.get("opts")
    _check_fields(error or {}, _ERROR_TYPES)
    _check_fields(timing, _TIMING_TYPES)
    return Operation(
        op=_opcode(fields.get("op", NONE), release),
        id=fields.get("id") or "",
        name=fields.get("name") or "",
        display_name=fields.get("displayname") or "",
        data=fields.get("data"),
        error=error,
        options={} if options is None else options,
        timing=timing,
    )


def _check_fields(content: dict[str, Any], types: dict[str, tuple[type, str]]) -> None:
    for name, (wanted, go_name) in types.items():
        typed(content.get(name), wanted, f"struct field {go_name}")


def _opcode(value: Any, release: Release) -> str:
    if not isinstance(value, str | None):
        raise OpcodeError(f"Opcode should be a string, got {wire.text(value)}")
    op = _KNOWN.get(value or "") or _KNOWN.get((value or "").lower())
    if op is None or (op in _NEWER and not release.ends_early):
        raise OpcodeError(f"{value or ''} does not belong to Opcode values")
    return op
