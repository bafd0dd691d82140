"""A start of a function that somebody asks for, before its flow control has decided on it."""

from dataclasses import dataclass
from typing import Literal

from embedded_inngest.apps import Function
from embedded_inngest.events import Event
from embedded_inngest.runs import Run

Origin = Literal["event", "invocation", "cron", "batch", "debounce", "rerun"]

_ONCE = {"event", "invocation", "cron"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A start that is asked for, and by what; one of a batch has several events."""

    function: Function
    events: tuple[Event, ...]
    origin: Origin
    trace_id: str | None = None
    rerun_of: Run | None = None

    @property
    def event(self) -> Event:
        return self.events[0]

    @property
    def is_claimed(self) -> bool:
        """Tell whether one event id starts the function only once in a day."""
        return self.origin in _ONCE
