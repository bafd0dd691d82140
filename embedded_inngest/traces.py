"""The trace of a run as GraphQL shows it, and the ids under which it leads to outputs."""

import base64
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, replace
from types import MappingProxyType
from typing import Any

from embedded_inngest import wire
from embedded_inngest.clock import NO_ID, named_uuid
from embedded_inngest.errors import EngineError
from embedded_inngest.release import Release
from embedded_inngest.runs import Run
from embedded_inngest.spans import (
    COMPLETED,
    FAILED,
    FUNCTION_OK,
    INVOKE,
    RUN,
    RUNNING,
    SLEEP,
    WAIT_FOR_EVENT,
    WAIT_FOR_SIGNAL,
    Attempt,
    Span,
)

_INFO_TYPES = {
    RUN: "RunStepInfo",
    SLEEP: "SleepStepInfo",
    WAIT_FOR_EVENT: "WaitForEventStepInfo",
    INVOKE: "InvokeStepInfo",
    WAIT_FOR_SIGNAL: "WaitForSignalStepInfo",
}
_PREVIEWED = "Run"
_SINGLETON = "Singleton"
_NO_STEP = "executor.nonstep"
_SPAN_ID = 16
_NO_PARENT = "0" * _SPAN_ID
_TO_COME = "queued"
_WAITING = "WAITING"
_PLAIN_WAITS = {WAIT_FOR_EVENT, WAIT_FOR_SIGNAL}
_WAITS = {*_PLAIN_WAITS, SLEEP, INVOKE}
_TIMES = ("sleepUntil", "timeout")
_INFO_TO_COME: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        RUN: {"type": None},
        INVOKE: {"returnEventID": None, "runID": None},
        WAIT_FOR_EVENT: {"foundEventID": None},
    }
)
"""What is not known of a step before it is over."""

_KEPT_OF_NOTHING: Mapping[str, Any] = MappingProxyType(
    {
        "stepOp": None,
        "stepID": None,
        "stepInfo": None,
        "stepType": "",
        "parentSpan": None,
        "isUserland": False,
        "userlandSpan": None,
        "debugRunID": None,
        "debugSessionID": None,
        "debugPaused": False,
        "skipReason": None,
        "skipExistingRunID": None,
        "metadata": (),
        "response": None,
    }
)
"""What lines of the real server have of traces of user code, debugging, skipped runs and each request."""


class OutputIdError(EngineError):
    """An output id leads nowhere."""


@dataclass(frozen=True, slots=True)
class OutputId:
    """Where an output is found: in a trace, under the id of the request that brought it."""

    trace_id: str
    span_id: str

    @classmethod
    def parse(cls, text: str) -> "OutputId":
        """Read the id that a trace showed.

        Raises:
            OutputIdError: it is none.
        """
        try:
            content = wire.decode(wire.unwrapped(text))
            found = cls(str(content.get("tid") or ""), str(content.get("sid") or ""))
        except (ValueError, AttributeError) as error:
            raise OutputIdError(f"error parsing span identifier: {error}") from None
        for name, value in (("traceID", found.trace_id), ("spanID", found.span_id)):
            if not value:
                raise OutputIdError(f"{name} is required to retrieve output")
        return found


def output_id(run: Run, span_id: str | None) -> str | None:
    """Write the id of an output."""
    if not span_id:
        return None
    content = {
        "acctID": NO_ID,
        "wsID": NO_ID,
        "appID": run.function.app_id,
        "fnID": run.function.id,
        "tid": run.trace_id,
        "sid": span_id,
    }
    return base64.b64encode(wire.text(content).encode()).decode()


def trace(run: Run, release: Release, *, preview: bool) -> dict[str, Any]:
    """Show the trace of a run, or the preview of the next kind of traces, which shows more."""
    has_output = run.status in {COMPLETED, FAILED}
    output = run.last_span if preview else _plain_output(run)
    place = Place(run, preview=preview, number=len(run.spans) - 1, parent=_NO_PARENT if preview else None)
    return {
        **_line(place, run.queued_at),
        "spanID": _root(run),
        "name": _PREVIEWED if preview else run.function.slug,
        "status": run.status,
        "attempts": 0,
        "outputID": output_id(run, output) if has_output else None,
        **_times(run.queued_at, run.started_at, run.ended_at),
        "childrenSpans": _preview(run) if preview else _plain(run, release),
        "isRoot": True,
        "skipReason": _SINGLETON if preview and run.skipped_for else None,
        "skipExistingRunID": run.skipped_for if preview else None,
    }


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line stands: in which kind of trace of which run, in which group, and under which line."""

    run: Run
    _: KW_ONLY
    preview: bool
    number: int
    parent: str | None

    @property
    def group(self) -> str | None:
        """The group of the line, which only the preview shows."""
        return named_uuid(f"{self.run.id} {self.number}") if self.preview else None

    @property
    def name(self) -> str:
        """The id of a line that stands for no request."""
        return named_uuid(f"{self.run.id} {self.number}").replace("-", "")[:_SPAN_ID]

    def step_type(self, span: Span) -> str:
        """Tell what kind of step a line shows, which only the preview does."""
        return (span.op or "") if self.preview else ""


def _root(run: Run) -> str:
    return run.trace_id[:16]


def _plain_output(run: Run) -> str | None:
    """Return where the output is found; a result that came beside steps is hidden, so another stands in its place."""
    if not any(span.hidden and span.output_span == run.last_span for span in run.spans):
        return run.last_span
    return next((span.output_span for span in reversed(run.spans) if span.output_span and not span.hidden), None)


def _is_shown(span: Span, release: Release) -> bool:
    """Tell whether a trace has a line for a span; that a first call succeeded may go without saying."""
    succeeded_at_once = span.name == FUNCTION_OK and span.status == COMPLETED and not span.shown_attempts()
    return not span.hidden and (release.shows_success or not succeeded_at_once)


def _plain(run: Run, release: Release) -> list[dict[str, Any]]:
    shown = [(number, span) for number, span in enumerate(run.spans) if _is_shown(span, release)]
    return [_span(Place(run, preview=False, number=number, parent=_root(run)), span) for number, span in shown]


def _preview(run: Run) -> list[dict[str, Any]]:
    """Show every span once, in the order in which they began."""
    began = sorted(enumerate(run.spans), key=lambda numbered: numbered[1].started_at or numbered[1].queued_at)
    return [
        _span(Place(run, preview=True, number=number, parent=_root(run)), _previewed(run, span))
        for number, span in began
    ]


def _previewed(run: Run, span: Span) -> Span:
    """Return a span as the preview has it: a step that failed for good early is over, and a result is no step."""
    if span.status == RUNNING and span.attempts and span.error is not None:
        span = replace(span, status=span.attempts[-1].status, output_span=span.attempts[-1].span_id)
    brought_result = run.completion is not None and span.output_span == run.last_span
    return replace(span, name=_NO_STEP, step_id=None) if brought_result or span.step_id is None else span


def _line(place: Place, queued_at: float) -> dict[str, Any]:
    """Show of a line what it has from its place; of a request neither headers nor measurements are kept."""
    return {
        **_KEPT_OF_NOTHING,
        "appID": place.run.function.app_id,
        "functionID": place.run.function.id,
        "runID": place.run.id,
        "traceID": place.run.trace_id,
        "groupID": place.group,
        "parentSpanID": place.parent,
        "scheduledAt": wire.rfc3339(queued_at) if place.preview else None,
        "isRoot": False,
        "childrenSpans": [],
    }


def _times(queued: float, started: float | None, ended: float | None) -> dict[str, Any]:
    return {
        "queuedAt": wire.rfc3339(queued),
        "startedAt": None if started is None else wire.rfc3339(started),
        "endedAt": None if ended is None else wire.rfc3339(ended),
        "duration": None if started is None or ended is None else int((ended - started) * 1000),
    }


def _span(place: Place, span: Span) -> dict[str, Any]:
    span_id = span.output_span or (span.attempts[-1].span_id if span.attempts else place.name)
    under = replace(place, parent=span_id) if place.preview else place
    return {
        **_line(place, span.queued_at),
        "spanID": span_id,
        "name": span.name,
        "status": _WAITING if _is_waiting(span, preview=place.preview) else span.status,
        "attempts": span.attempt_number,
        "outputID": output_id(place.run, span.output_span),
        **_times(span.queued_at, span.started_at, span.ended_at),
        "childrenSpans": [] if _waits(span, preview=place.preview) else _attempts(under, span),
        "stepOp": span.op,
        "stepID": span.step_id,
        "stepInfo": _info(span, preview=place.preview),
        "stepType": place.step_type(span),
    }


def _waits(span: Span, *, preview: bool) -> bool:
    """Tell whether a line stands for a wait and no request, as the preview has sleeps and invocations too."""
    return span.op in (_WAITS if preview else _PLAIN_WAITS)


def _is_waiting(span: Span, *, preview: bool) -> bool:
    return span.status == RUNNING and span.op != INVOKE and _waits(span, preview=preview)


def _attempts(place: Place, span: Span) -> list[dict[str, Any]]:
    return [_attempt(place, span, number, one) for number, one in enumerate(span.shown_attempts())]


def _attempt(place: Place, span: Span, number: int, attempt: Attempt) -> dict[str, Any]:
    """Show a request, or that another one will follow."""
    has_output = attempt.status == FAILED or (attempt.status == COMPLETED and span.step_id is not None)
    return {
        **_line(place, attempt.started_at),
        "spanID": attempt.span_id or _TO_COME,
        "name": f"Attempt {number}",
        "status": attempt.status,
        "attempts": number,
        "outputID": output_id(place.run, attempt.span_id) if has_output else None,
        **_times(attempt.started_at, attempt.started_at if attempt.span_id else None, attempt.ended_at),
        "stepOp": span.op,
        "stepID": span.step_id,
        "stepType": place.step_type(span),
    }


def _info(span: Span, *, preview: bool) -> dict[str, Any] | None:
    if span.op is None or (span.op == RUN and not preview):
        return None
    times = {key: wire.rfc3339(span.info[key]) for key in _TIMES if key in span.info}
    return {"__typename": _INFO_TYPES[span.op], **_INFO_TO_COME.get(span.op, {}), **span.info, **times}
