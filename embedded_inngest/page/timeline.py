"""The steps of a run on a line of time."""

from collections.abc import Iterator
from dataclasses import dataclass

from embedded_inngest.page.payloads import Failing, Payload, failing, payload
from embedded_inngest.runs import Run
from embedded_inngest.spans import (
    CANCELLED,
    FUNCTION_ERROR,
    FUNCTION_OK,
    INVOKE,
    RUN,
    SLEEP,
    UNDECIDED,
    WAIT_FOR_EVENT,
    WAIT_FOR_SIGNAL,
    Attempt,
    Span,
)

_KINDS = {
    RUN: "step",
    SLEEP: "sleep",
    WAIT_FOR_EVENT: "wait for event",
    WAIT_FOR_SIGNAL: "wait for signal",
    INVOKE: "invoke",
}
_NAMES = {UNDECIDED: "call of the function", FUNCTION_OK: "end of the function", FUNCTION_ERROR: "end of the function"}
_NARROWEST = 0.6
_AND_ON = 1.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Where something lies on the line, in hundredths of it; an open one has not ended."""

    left: float
    width: float
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptLine:
    """A request to the app; what it failed with, if it did."""

    number: int
    status: str
    began: float
    took: float | None
    failing: Failing | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLine:
    """A step, a wait or a call of the function; times are seconds, `began` counted from when the run was queued.

    Attributes:
        step_id: Names it, if the function can be run again from it on.
        output_id: Leads to the whole output.
        info: What a step waits for, or what came, in the words of the protocol.
    """

    number: int
    step_id: str | None
    name: str
    kind: str
    status: str
    attempts: tuple[AttemptLine, ...]
    max_attempts: int
    began: float
    took: float | None
    bar: Bar
    info: dict[str, object]
    output_id: str | None
    output: Payload | None
    failing: Failing | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """All that a run did, in the order in which it began, and how many seconds the line stands for."""

    lines: tuple[StepLine, ...]
    seconds: float


def timeline(run: Run) -> Timeline:
    """Lay out a run; what has not ended reaches up to the end of the line, beyond all that is known."""
    seconds = max(_known_times(run)) - run.queued_at
    spans = sorted(run.spans, key=_begin)
    shown = seconds if all(_end(run, span)[1] for span in spans) else seconds * _AND_ON
    lines = tuple(_line(run, number, span, shown) for number, span in enumerate(spans, start=1))
    return Timeline(lines=lines, seconds=seconds)


def whole_output(run: Run, span_id: str) -> str | None:
    """Find the output of a step, or its error."""
    for span in run.spans:
        if span.output_span == span_id:
            return span.data if span.error is None else span.error
    return None


def _known_times(run: Run) -> Iterator[float]:
    """Yield every time that the run left; now is none of them, so the page of a run that waits stays as it is."""
    yield from (run.queued_at, run.ended_at or run.started_at or run.queued_at)
    for span in run.spans:
        yield from (_begin(span), span.ended_at or _begin(span))
        for attempt in span.attempts:
            yield attempt.ended_at or attempt.started_at


def _begin(span: Span) -> float:
    return span.started_at or span.queued_at


def _end(run: Run, span: Span) -> tuple[str, float | None]:
    """Say how and when something ended; what the end of the run cut off is cancelled, and keeps no mark of it."""
    if span.ended_at is None and span.error is not None and span.attempts:
        return span.attempts[-1].status, span.attempts[-1].ended_at
    if span.ended_at is None and run.ended_at is not None:
        return CANCELLED, run.ended_at
    return span.status, span.ended_at


def _line(run: Run, number: int, span: Span, seconds: float) -> StepLine:
    status, ended_at = _end(run, span)
    began = _begin(span) - run.queued_at
    took = None if ended_at is None else ended_at - _begin(span)
    return StepLine(
        number=number,
        step_id=span.step_id if span.op is not None or span.error is not None else None,
        name=_NAMES.get(span.name, span.name),
        kind=_KINDS.get(span.op or "", "step" if span.step_id else "function"),
        status=status,
        attempts=tuple(_attempt(run, each, one) for each, one in enumerate(span.attempts, start=1)),
        max_attempts=span.max_attempts,
        began=began,
        took=took,
        bar=_bar(began, took, seconds),
        info=span.info,
        output_id=span.output_span,
        output=None if span.data is None else payload(span.data),
        failing=None if span.error is None else failing(span.error),
    )


def _attempt(run: Run, number: int, attempt: Attempt) -> AttemptLine:
    return AttemptLine(
        number=number,
        status=attempt.status,
        began=attempt.started_at - run.queued_at,
        took=None if attempt.ended_at is None else attempt.ended_at - attempt.started_at,
        failing=None if attempt.error is None else failing(attempt.error),
    )


def _bar(began: float, took: float | None, seconds: float) -> Bar:
    """Place a bar; one too short to be seen is widened, and stays on the line."""
    scale = 100 / seconds if seconds > 0 else 0.0
    left = min(began * scale, 100 - _NARROWEST)
    width = 100 - left if took is None else max(took * scale, _NARROWEST)
    return Bar(left=round(left, 2), width=round(min(width, 100 - left), 2), is_open=took is None)
