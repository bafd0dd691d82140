"""A start of a function that somebody asks for, before its flow control has decided on it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from embedded_inngest.apps import Function
from embedded_inngest.events import Event
from embedded_inngest.reruns import FromStep
from embedded_inngest.runs import Run

Origin = Literal["event", "invocation", "cron", "batch", "debounce", "rerun"]

_ONCE = {"event", "invocation", "cron"}
_BATCHED = {"event", "invocation"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A start that is asked for, and by what; one of a batch has several events.

    Attributes:
        lock: What its run is to hold alone.
    """

    function: Function
    events: tuple[Event, ...]
    origin: Origin
    trace_id: str | None = None
    rerun_of: Run | None = None
    batch_id: str | None = None
    lock: str | None = None
    from_step: FromStep | None = None

    @property
    def event(self) -> Event:
        return self.events[0]

    @property
    def claim(self) -> str | None:
        """Return the id that starts the function only once in a day: the sender's, or ours for what has waited."""
        if self.origin == "debounce":
            return self.event.internal_id
        return self.event.id if self.origin in _ONCE else None

    @property
    def is_batched(self) -> bool:
        """Tell whether it is gathered with others, where the function says so."""
        return self.origin in _BATCHED

    @property
    def is_limited(self) -> bool:
        """Tell whether it counts for a rate limit; what waited was counted before, and a rerun is wanted."""
        return self.origin in _ONCE

    @property
    def is_put_off(self) -> bool:
        """Tell whether it waits for a pause, where the function says so."""
        return self.origin != "debounce"


Starter: TypeAlias = Callable[[Start], Any]
"""Is asked for a start."""
