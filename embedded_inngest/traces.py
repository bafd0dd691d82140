"""The trace of a run as GraphQL shows it, and the ids under which it leads to outputs."""

import base64
from dataclasses import dataclass
from typing import Any

from embedded_inngest import wire
from embedded_inngest.errors import EngineError
from embedded_inngest.runs import Run
from embedded_inngest.spans import COMPLETED, FAILED, INVOKE, RUN, SLEEP, WAIT_FOR_EVENT, Attempt, Span

_NOBODY = "00000000-0000-0000-0000-000000000000"
_INFO_TYPES = {
    RUN: "RunStepInfo",
    SLEEP: "SleepStepInfo",
    WAIT_FOR_EVENT: "WaitForEventStepInfo",
    INVOKE: "InvokeStepInfo",
}
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


def trace(run: Run) -> dict[str, Any]:
    """Show the trace of a run."""
    has_output = run.status in {COMPLETED, FAILED}
    return {
        **_place(run),
        "spanID": run.trace_id[:16],
        "name": run.function.slug,
        "status": run.status,
        "attempts": 0,
        "outputID": output_id(run, run.last_span) if has_output else None,
        **_times(run.queued_at, run.started_at, run.ended_at),
        "childrenSpans": [_span(run, span) for span in run.spans],
        "isRoot": True,
    }


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
