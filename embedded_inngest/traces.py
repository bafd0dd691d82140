"""The trace of a run as GraphQL shows it, and the ids under which it leads to outputs."""

import base64
from dataclasses import dataclass, replace
from typing import Any

from embedded_inngest import wire
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

_NOBODY = "00000000-0000-0000-0000-000000000000"
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
_TIMES = ("sleepUntil", "timeout")


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
            content = wire.decode(base64.b64decode(text, validate=True))
            return cls(content["tid"], content["sid"])
        except (ValueError, KeyError, TypeError) as error:
            raise OutputIdError(f"error parsing span identifier: {error}") from None


def output_id(run: Run, span_id: str | None) -> str | None:
    """Write the id of an output."""
    if not span_id:
        return None
    content = {
        "acctID": _NOBODY,
        "wsID": _NOBODY,
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
    return {
        **_place(run),
        "spanID": run.trace_id[:16],
        "name": _PREVIEWED if preview else run.function.slug,
        "status": run.status,
        "attempts": 0,
        "outputID": output_id(run, output) if has_output else None,
        **_times(run.queued_at, run.started_at, run.ended_at),
        "childrenSpans": _preview(run)
        if preview
        else [_span(run, span) for span in run.spans if _is_shown(span, release)],
        "isRoot": True,
        "skipReason": _SINGLETON if preview and run.skipped_for else None,
        "skipExistingRunID": run.skipped_for if preview else None,
    }


def _children(run: Run, release: Release) -> list[dict[str, Any]]:
    return [_span(run, span) for span in run.spans if _is_shown(span, release)]


def _is_shown(span: Span, release: Release) -> bool:
    """Tell whether a trace has a line for a span; that a first call succeeded may go without saying."""
    succeeded_at_once = span.name == FUNCTION_OK and span.status == COMPLETED and not span.shown_attempts()
    return not span.hidden and (release.shows_success or not succeeded_at_once)


def _plain_output(run: Run) -> str | None:
    """Return where the output is found; a result that came beside steps is hidden, so another stands in its place."""
    if not any(span.hidden and span.output_span == run.last_span for span in run.spans):
        return run.last_span
    return next((span.output_span for span in reversed(run.spans) if span.output_span and not span.hidden), None)


def _preview(run: Run) -> list[dict[str, Any]]:
    """Show every span once, in the order in which they began."""
    spans = sorted(run.spans, key=lambda span: span.started_at or span.queued_at)
    return [_span(run, _previewed(run, span)) for span in spans]


def _previewed(run: Run, span: Span) -> Span:
    """Return a span as the preview has it: a step that failed for good early is over, and a result is no step."""
    if span.status == RUNNING and span.attempts and span.error is not None:
        span = replace(span, status=span.attempts[-1].status, output_span=span.attempts[-1].span_id)
    brought_result = run.completion is not None and span.output_span == run.last_span
    return replace(span, name=_NO_STEP, step_id=None) if brought_result or span.step_id is None else span


def _place(run: Run) -> dict[str, Any]:
    return {
        "appID": run.function.app_id,
        "functionID": run.function.id,
        "runID": run.id,
        "traceID": run.trace_id,
        "isRoot": False,
        "isUserland": False,
        "childrenSpans": [],
    }


def _times(queued: float, started: float | None, ended: float | None) -> dict[str, Any]:
    return {
        "queuedAt": wire.rfc3339(queued),
        "startedAt": None if started is None else wire.rfc3339(started),
        "endedAt": None if ended is None else wire.rfc3339(ended),
        "duration": None if started is None or ended is None else int((ended - started) * 1000),
    }


def _span(run: Run, span: Span) -> dict[str, Any]:
    return {
        **_place(run),
        "spanID": span.output_span or (span.attempts[-1].span_id if span.attempts else ""),
        "name": span.name,
        "status": span.status,
        "attempts": span.attempt_number,
        "outputID": output_id(run, span.output_span),
        **_times(span.queued_at, span.started_at, span.ended_at),
        "childrenSpans": [_attempt(run, number, one) for number, one in enumerate(span.shown_attempts())],
        "stepOp": span.op,
        "stepID": span.step_id,
        "stepInfo": _info(span),
    }


def _attempt(run: Run, number: int, attempt: Attempt) -> dict[str, Any]:
    ended = attempt.ended_at is not None
    return {
        **_place(run),
        "spanID": attempt.span_id,
        "name": f"Attempt {number}",
        "status": attempt.status,
        "attempts": number,
        "outputID": output_id(run, attempt.span_id) if ended else None,
        **_times(attempt.started_at, attempt.started_at, attempt.ended_at),
    }


def _info(span: Span) -> dict[str, Any] | None:
    if span.op is None:
        return None
    times = {key: wire.rfc3339(span.info[key]) for key in _TIMES if key in span.info}
    return {"__typename": _INFO_TYPES[span.op], **span.info, **times}
