"""Running again from a step on: the results of the steps before it are those of the earlier run."""

from collections.abc import Iterable
from dataclasses import dataclass

from embedded_inngest import wire
from embedded_inngest.errors import EngineError
from embedded_inngest.invocations import INVOKE_TIMEOUT
from embedded_inngest.runs import Run
from embedded_inngest.spans import INVOKE, RUN, SLEEP, WAIT_FOR_EVENT, WAIT_FOR_SIGNAL, Span

_WAITS = {WAIT_FOR_EVENT, WAIT_FOR_SIGNAL}


class RerunError(EngineError):
    """A run can't be run again from that step; the text is the real server's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FromStep:
    """Where a run begins.

    Attributes:
        step_id: The first step that is run.
        before: What is memoised of the steps before it, in their order.
        input: What the step is given in the place of its own input, a JSON array.
        targeted: Whether the step itself is asked for, not what comes next.
    """

    step_id: str
    before: tuple[tuple[str, bytes], ...]
    input: str | None
    targeted: bool


def from_step(run: Run, requested: str, given: str | None) -> FromStep:
    """Take up a run at a step, which is named by its id or its name.

    Raises:
        RerunError: There is no such step, or several have that name, or one before it has no result.
    """
    began = sorted(filter(_is_step, run.spans), key=lambda span: span.started_at or span.queued_at)
    spans = {span.step_id or "": span for span in began}
    step_id = _step_id(spans.values(), requested)
    ids = list(spans)
    return FromStep(
        step_id=step_id,
        before=tuple((one, _memo(spans[one])) for one in ids[: ids.index(step_id)]),
        input=given,
        targeted=spans[step_id].op == RUN,
    )


def _is_step(span: Span) -> bool:
    """Tell steps from the line that brought the result of the run, which bears an id too."""
    return bool(span.step_id) and (span.op is not None or span.error is not None)


def _step_id(spans: Iterable[Span], requested: str) -> str:
    """Find a step; an id is never mistaken for the name of another."""
    known = list(spans)
    named = {span.step_id or "" for span in known if span.name == requested}
    if any(span.step_id == requested for span in known):
        return requested
    if not named:
        raise RerunError("rerun step not found")
    if len(named) > 1:
        raise RerunError("rerun step name is ambiguous")
    return named.pop()


def _memo(span: Span) -> bytes:
    """Write what is memoised of a step again; of an event that was waited for it is wrapped, unlike the first time."""
    if span.op == SLEEP or (span.op in _WAITS and span.info.get("timedOut")):
        return b"null"
    if span.op == INVOKE and span.info.get("timedOut"):
        return INVOKE_TIMEOUT
    if span.op == INVOKE and span.data is not None:
        return span.data.encode()
    if span.error is not None:
        return wire.canonical({"error": wire.decode(span.error)})
    if span.data is None:
        raise RerunError("step output not found in original run")
    return wire.canonical({"data": wire.decode(span.data)})
