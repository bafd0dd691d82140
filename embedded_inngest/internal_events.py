"""The events that the server itself sends: a function ended, a function is invoked."""

from dataclasses import dataclass
from typing import Any

from embedded_inngest import events, wire
from embedded_inngest.events import Event
from embedded_inngest.release import Release
from embedded_inngest.replies import Failure
from embedded_inngest.runs import Run

_SHOWN_STATUS = {"COMPLETED": "Completed", "FAILED": "Failed", "CANCELLED": "Cancelled"}
_ALSO_SENT = {"FAILED": events.FAILED, "CANCELLED": events.CANCELLED}
_CANCELLED = {"error": "function cancelled", "name": "Error", "message": "function cancelled"}
_SILENT = {events.FINISHED, events.FAILED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """An event to be sent; `id` is what makes a repeat recognisable, `ts` the time of what it tells, by default now."""

    name: str
    data: dict[str, Any]
    id: str | None = None
    user: dict[str, Any] | None = None
    ts: int | None = None


def end_notices(run: Run, failure: Failure | None, release: Release) -> list[Notice]:
    """Return what is sent when a run ends; nothing for a run that such an event started, or it would never stop."""
    if run.event.name in _SILENT:
        return []
    data = _end_data(run, failure)
    if not release.tells_status:
        return _old_end_notices(run, data)
    data["_inngest"] = {"status": _SHOWN_STATUS[run.status]}
    notices = [Notice(name=events.FINISHED, data=data)]
    if run.status in _ALSO_SENT:
        notices.append(Notice(name=_ALSO_SENT[run.status], data=data, id=run.id))
    return notices


def _old_end_notices(run: Run, data: dict[str, Any]) -> list[Notice]:
    """Return what the older release sends: a cancelled run has the error of one, and no event of its own."""
    if run.status == "CANCELLED":
        data["error"] = _CANCELLED
    notices = [Notice(name=events.FINISHED, data=data)]
    if run.status == "FAILED":
        notices.append(Notice(name=events.FAILED, data=data))
    return notices


def _end_data(run: Run, failure: Failure | None) -> dict[str, Any]:
    data: dict[str, Any] = {
        "function_id": run.function.slug,
        "run_id": run.id,
        "event": run.event.fields(),
        "events": [wire.decode(event.go_text()) for event in run.events],
    }
    if failure is not None:
        data["error"] = failure.fields()
    if run.result is not None:
        data["result"] = wire.decode(run.result)
    correlation_id = _correlation_id(data["event"])
    return data if correlation_id is None else {**data, "correlation_id": correlation_id}


def _correlation_id(event: dict[str, Any]) -> str | None:
    metadata = (event["data"] or {}).get("_inngest")
    return metadata.get("correlation_id") if isinstance(metadata, dict) else None


def unknown_function(event: Event, reference: str, release: Release) -> list[Notice]:
    """Return what tells an invoking run that there is no such function."""
    fields = event.fields()
    message = f"could not find function with ID: {reference}"
    data = {
        "function_id": reference,
        "run_id": "00000000000000000000000000",
        "event": fields,
        "events": [fields],
        "error": {"error": message, "name": "Error", "message": message},
        "correlation_id": _correlation_id(fields),
    }
    if release.tells_status:
        data["_inngest"] = {"status": _SHOWN_STATUS["FAILED"]}
    return [Notice(name=events.FINISHED, data=data)]


def outside_invocation(reference: str, fields: dict[str, Any]) -> Notice:
    """Return the event by which somebody outside, not a run, invokes a function."""
    metadata = {
        "expire": 0,
        "fn_id": reference,
        "gid": "",
        "name": "",
        "source_app_id": "",
        "source_fn_id": "",
        "source_fn_v": 0,
    }
    data = {**(fields.get("data") or {}), "_inngest": metadata}
    return Notice(name=events.INVOKED, data=data, user=fields.get("user"))
