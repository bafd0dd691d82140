"""Live runs and apps as they are written down, and read again."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from embedded_inngest.apps import App, Function, Trigger
from embedded_inngest.events import Event
from embedded_inngest.flow.capacity import Key
from embedded_inngest.pauses import Pause
from embedded_inngest.queue import Job, Queued
from embedded_inngest.runs import Run
from embedded_inngest.spans import Span

_KEPT = (
    "trace_id",
    "queued_at",
    "original_run_id",
    "priority",
    "batch_id",
    "lock",
    "started_at",
    "status",
    "last_span",
    "request_version",
    "force_step_plan",
    "state_bytes",
    "inputs",
)
_SETS = ("pending", "scheduled")


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRun:
    """A run that has not ended, what is to be done for it, and what it waits for."""

    run: Run
    jobs: Sequence[Queued]
    pauses: Sequence[Pause]


def app_text(app: App) -> bytes:
    """Write an app with its functions."""
    return orjson.dumps(app)


def read_app(content: bytes) -> App:
    """Read what `app_text` wrote."""
    fields = orjson.loads(content)
    functions = {slug: _function(one) for slug, one in fields.pop("functions").items()}
    return App(**fields, functions=functions)


def function_text(function: Function) -> bytes:
    """Write a function."""
    return orjson.dumps(function)


def read_function(content: bytes) -> Function:
    """Read what `function_text` wrote."""
    return _function(orjson.loads(content))


def _function(fields: dict[str, Any]) -> Function:
    triggers = tuple(Trigger(**trigger) for trigger in fields.pop("triggers"))
    return Function(**fields, triggers=triggers)


def live_text(live: LiveRun) -> bytes:
    """Write a live run, all but its steps; spans stand once, for jobs name theirs by its number."""
    run = live.run
    others = {job.span: None for job in (queued.job for queued in live.jobs) if job.span not in run.spans and job.span}
    spans = {span: kept for span in (*run.spans, *others) if (kept := _without_request(span)) is not None}
    numbers = {span: number for number, span in enumerate(spans)}
    return orjson.dumps(
        {
            "run": {key: getattr(run, key) for key in _KEPT} | {key: list(getattr(run, key)) for key in _SETS},
            "keys": [tuple(key) for key in run.keys],
            "spans": list(spans.values()),
            "shown": sum(span in numbers for span in run.spans),
            "jobs": [_job(queued, numbers) for queued in live.jobs],
            "pauses": [_pause(pause) for pause in live.pauses],
        }
    )


def read_live(
    run_id: str, content: bytes, *, function: Function, events: tuple[Event, ...], steps: Mapping[str, bytes]
) -> LiveRun:
    """Read what `live_text` wrote."""
    fields = orjson.loads(content)
    spans = [Span.unpacked(span) for span in fields["spans"]]
    kept = fields["run"] | {key: set(fields["run"][key]) for key in _SETS}
    keys = tuple(Key(*key) for key in fields["keys"])
    run = Run(id=run_id, function=function, events=events, keys=keys, spans=spans[: fields["shown"]], **kept)
    run.steps, run.stack = dict(steps), list(steps)
    jobs = [_read_job(run_id, job, spans) for job in fields["jobs"]]
    by_id = {queued.job.id: queued.job for queued in jobs}
    pauses = [_read_pause(run, pause, by_id) for pause in fields["pauses"]]
    return LiveRun(run=run, jobs=jobs, pauses=pauses)


def _without_request(span: Span) -> Span | None:
    """Return a span without the request that is under way: it will be made again, and leave its mark again."""
    if span.op is not None or not span.attempts or span.attempts[-1].ended_at is not None:
        return span
    return replace(span, attempts=span.attempts[:-1]) if len(span.attempts) > 1 else None


def _job(queued: Queued, numbers: Mapping[Span, int]) -> dict[str, Any]:
    job = queued.job
    fields = {key: getattr(job, key) for key in ("id", "kind", "step_id", "after", "attempt", "race")}
    return {**fields, "span": None if job.span is None else numbers.get(job.span), "at": queued.at}


def _read_job(run_id: str, fields: dict[str, Any], spans: Sequence[Span]) -> Queued:
    at, number = fields.pop("at"), fields.pop("span")
    return Queued(Job(**fields, run_id=run_id, span=None if number is None else spans[number]), at)


def _pause(pause: Pause) -> dict[str, Any]:
    fields = {key: getattr(pause, key) for key in ("step_id", "event_name", "expression", "correlation_id", "signal")}
    return {**fields, "timeout": pause.timeout.id}


def _read_pause(run: Run, fields: dict[str, Any], jobs: Mapping[str, Job]) -> Pause:
    timeout = jobs[fields.pop("timeout")]
    if timeout.span is None:
        message = "a pause without its line in the trace"
        raise ValueError(message)
    return Pause(**fields, run_id=run.id, timeout=timeout, span=timeout.span, trigger=run.event)


def event_row(event: Event) -> tuple[Any, ...]:
    """Write an event as a row."""
    return event.internal_id, event.id, event.name, event.ts, event.body, event.received_at


def read_event(row: Sequence[Any]) -> Event:
    """Read what `event_row` wrote."""
    internal_id, sender_id, name, ts, body, received_at = row
    return Event(
        internal_id=internal_id, id=sender_id, name=sys.intern(name), ts=ts, body=body, received_at=received_at
    )
