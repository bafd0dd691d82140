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
    """Return what is sent when a run ends; nothing for a run that such an event started, or it would never stop.

    Of a batch it is sent for the first event and for those by which somebody invoked the function.
    """
    told = [event for event in run.events if event is run.event or _correlation_id(event.fields())]
    datas = [_end_data(run, failure, event, release) for event in told if event.name not in _SILENT]
    notices = _end_notices if release.tells_status else _old_end_notices
    return [notice for data in datas for notice in notices(run, data)]


def _end_notices(run: Run, data: dict[str, Any]) -> list[Notice]:
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


def _end_data(run: Run, failure: Failure | None, event: Event, release: Release) -> dict[str, Any]:
    data: dict[str, Any] = {
        "function_id": run.function.slug,
        "run_id": run.id,
        "event": event.fields(),
        "events": [wire.decode(one.go_text()) for one in run.events],
    }
    if failure is not None:
        data["error"] = failure.fields()
    if run.result is not None:
        is_text = release.plain_errors and not wire.is_json(run.result)
        data["result"] = run.result if is_text else wire.decode(run.result)
    correlation_id = _correlation_id(data["event"])
    return data if correlation_id is None else {**data, "correlation_id": correlation_id}


def _correlation_id(event: dict[str, Any]) -> str | None:
    metadata = (event["data"] or {}).get("_inngest")
    return metadata.get("correlation_id") if isinstance(metadata, dict) else None


def failed_invocation(event: Event, message: str) -> Notice:
    """Return what tells an invoking run that the function did not start."""
    data = {"function_id": "", "run_id": "", "error": {"name": "Error", "message": message}}
    correlation_id = _correlation_id(event.fields())
    return Notice(
        name=events.FINISHED, data=data if correlation_id is None else {**data, "correlation_id": correlation_id}
    )


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
