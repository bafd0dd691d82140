"""A step that invokes another function: what it sends, and what it gets when nothing comes back."""

from dataclasses import dataclass
from typing import Any

from embedded_inngest import events, wire
from embedded_inngest.clock import Ids
from embedded_inngest.errors import EventError
from embedded_inngest.internal_events import Notice
from embedded_inngest.opcodes import OpcodeError, Operation
from embedded_inngest.release import Release
from embedded_inngest.runs import Run
from embedded_inngest.spans import Span

_TIMEOUT_NAME = "InngestInvokeTimeoutError"
_TIMEOUT_MESSAGE = "Timed out waiting for invoked function to complete"

INVOKE_TIMEOUT = wire.canonical(
    {
        "error": {
            "error": f"{_TIMEOUT_NAME}: {_TIMEOUT_MESSAGE}",
            "name": _TIMEOUT_NAME,
            "message": _TIMEOUT_MESSAGE,
        }
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """A function to be invoked for a step."""

    run: Run
    notice: Notice
    span: Span


def invocation_notice(
    run: Run, operation: Operation, release: Release, *, expires: float, now: float, ids: Ids
) -> Notice:
    """Return the event that invokes a function and says whom to tell of its end.

    Raises:
        OpcodeError: the payload is no event.
    """
    payload = _payload(operation)
    function = run.function
    metadata = {
        "correlation_id": f"{run.id}.{operation.id}",
        "expire": int(expires * 1000),
        "fn_id": operation.option("function_id") or "",
        "gid": ids.uuid(),
        "name": operation.title,
        "source_app_id": function.app_id,
        "source_fn_id": function.id,
        "source_fn_v": function.version,
        "tc": {
            "ctx": {
                "sid": ids.hexadecimal(8),
                "traceparent": f"00-{run.trace_id}-{run.root_span if release.one_span else ids.hexadecimal(8)}-01",
            },
            "ts": wire.rfc3339(now),
        },
    }
    if release.tells_trace:
        metadata["isr"] = _trace_carrier(ids)
    data = {**(payload.get("data") or {}), "_inngest": metadata}
    return Notice(name=events.INVOKED, data=data, user=payload.get("user"))


def _trace_carrier(ids: Ids) -> dict[str, str]:
    parent, child, trace = ids.hexadecimal(8), ids.hexadecimal(8), ids.hexadecimal(16)
    return {"dsid": child, "dstp": f"00-{trace}-{parent}-00", "tp": f"00-{trace}-{child}-01", "ts": ""}


def _payload(operation: Operation) -> dict[str, Any]:
    try:
        return events.event_fields(operation.options.get("payload"))
    except EventError as error:
        raise OpcodeError(str(error)) from None
