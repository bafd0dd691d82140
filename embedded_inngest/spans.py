"""What a run leaves behind of each step: the trace that GraphQL shows."""

from dataclasses import dataclass, field
from typing import Any

QUEUED = "QUEUED"
RUNNING = "RUNNING"
COMPLETED = "COMPLETED"
FAILED = "FAILED"
CANCELLED = "CANCELLED"
SKIPPED = "SKIPPED"
LIVING = frozenset({QUEUED, RUNNING})

RUN = "RUN"
SLEEP = "SLEEP"
WAIT_FOR_EVENT = "WAIT_FOR_EVENT"
INVOKE = "INVOKE"
WAIT_FOR_SIGNAL = "WAIT_FOR_SIGNAL"

FUNCTION_OK = "function success"
FUNCTION_ERROR = "function error"
UNDECIDED = "execute"
"""The name of a call of which is not known yet whether it is a step or the function's end."""


@dataclass(slots=True, kw_only=True, eq=False)
class Attempt:
    """One request to the app."""

    span_id: str
    started_at: float
    status: str = RUNNING
    ended_at: float | None = None
    error: str | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Span:
    """One line of a trace: a step or the function's own end, with the attempts it took.

    Hidden ones are steps that did not come alone in an answer: only the preview of a trace shows them.
    """

    name: str
    queued_at: float
    max_attempts: int = 1
    status: str = RUNNING
    op: str | None = None
    step_id: str | None = None
    started_at: float | None = None
    ended_at: float | None = None
    attempts: list[Attempt] = field(default_factory=list)
    info: dict[str, Any] = field(default_factory=dict)
    output_span: str | None = None
    data: str | None = None
    error: str | None = None
    hidden: bool = False

    def begin(self, span_id: str, now: float) -> None:
        """Note that a request starts."""
        self.attempts.append(Attempt(span_id=span_id, started_at=now))
        self.started_at = self.started_at or now
        self.status = RUNNING

    def end_attempt(self, status: str, now: float, error: str | None = None) -> None:
        """Note how the request that is under way went."""
        self.attempts[-1].status = status
        self.attempts[-1].error = error
        self.attempts[-1].ended_at = now

    def close(self, status: str, now: float) -> None:
        """Note that nothing more will come; its output is found under the last request."""
        self.status = status
        self.ended_at = now
        if self.attempts:
            self.output_span = self.attempts[-1].span_id

    @property
    def attempt_number(self) -> int:
        """The number shown: the last attempt's, counted from 0, or all of them when all have failed."""
        last = max(len(self.attempts) - 1, 0)
        return self.max_attempts if self._exhausted else last

    def shown_attempts(self) -> list[Attempt]:
        """Return the attempts that the server lists: none of a first success, one to come after a failure."""
        if len(self.attempts) == 1 and self.attempts[0].status == COMPLETED:
            return []
        if not self.attempts or self.attempts[-1].status != FAILED or self._exhausted:
            return self.attempts
        last = self.attempts[-1]
        return [*self.attempts, Attempt(span_id="", started_at=last.ended_at or last.started_at, status=QUEUED)]

    @property
    def _exhausted(self) -> bool:
        return len(self.attempts) == self.max_attempts and self.attempts[-1].status == FAILED

    @classmethod
    def unpacked(cls, content: dict[str, Any]) -> "Span":
        """Read a span that was written as JSON."""
        attempts = [Attempt(**attempt) for attempt in content.pop("attempts")]
        return cls(**content, attempts=attempts)
