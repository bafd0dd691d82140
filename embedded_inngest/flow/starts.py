"""Where every start of a function arrives: its flow control decides on it, in the order of the real server."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from embedded_inngest import events, internal_events
from embedded_inngest.cel_values import ExpressionError
from embedded_inngest.clock import Clock, Ids
from embedded_inngest.executor import Executor
from embedded_inngest.flow.batching import Batching
from embedded_inngest.flow.debounce import Debouncing
from embedded_inngest.flow.gcra import Meter
from embedded_inngest.flow.rate_limit import RateLimits
from embedded_inngest.flow.singleton import CANCEL, lock_of
from embedded_inngest.flow.start import Start
from embedded_inngest.internal_events import Notice
from embedded_inngest.journal import BATCHES, DEBOUNCES, RATES, Holder, Journal, Part
from embedded_inngest.release import Release
from embedded_inngest.runs import Run
from embedded_inngest.state import State

_OPTIONS = frozenset({"batchEvents", "rateLimit", "debounce", "singleton"})

log = logging.getLogger(__name__)

Send = Callable[[Notice, str | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What starts are decided with. `send` sends an event of the server's own, as part of a trace."""

    state: State
    executor: Executor
    clock: Clock
    ids: Ids
    release: Release
    journal: Journal
    send: Send


class Starts:
    """Decides on starts: what is let through becomes a run, at once or later."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        state, clock, ids, journal, release = around.state, around.clock, around.ids, around.journal, around.release
        self._batching = Batching(state, clock, ids, self.ask, conditional=release.conditional_batches, journal=journal)
        self._debouncing = Debouncing(
            state, clock, ids, self.ask, caps_first=release.debounce_capped_at_first, journal=journal
        )
        self._rates = Meter(RATES, journal)
        self._limits = RateLimits(self._rates)

    def holders(self) -> dict[Part, Holder]:
        """Return what holds something over the time, part by part."""
        return {BATCHES: self._batching, DEBOUNCES: self._debouncing, RATES: self._rates}

    def close(self) -> None:
        """Start nothing more of what waits."""
        self._batching.close()
        self._debouncing.close()

    def ask(self, start: Start) -> Run | None:
        """Ask for a start; None when no run comes of it, or not at once."""
        function = start.function
        if _OPTIONS.isdisjoint(function.config):
            return self._around.executor.schedule(start)
        try:
            return self._decide(start)
        except ExpressionError as error:
            log.warning("%s is not started: %s", function.slug, error)
            return None

    def _decide(self, start: Start) -> Run | None:
        function, event = start.function, start.event
        if start.is_batched and self._batching.gathers(function, event):
            self._batching.add(function, event)
        elif start.is_limited and "rateLimit" in function.config and not self._admits(start):
            self._tell_invoker(start)
        elif start.is_put_off and "debounce" in function.config:
            self._debouncing.put_off(function, event)
        else:
            return self._start_alone(start)
        return None

    def _admits(self, start: Start) -> bool:
        """Count a start for its function's limit; one that will be dropped as a repetition does not count."""
        now = self._around.clock.now()
        is_repeated = self._around.state.is_claimed(start.function, start.event.id, now)
        return is_repeated or self._limits.admit(start.function, start.event, now)

    def _tell_invoker(self, start: Start) -> None:
        if start.event.name == events.INVOKED:
            notice = internal_events.failed_invocation(start.event, "invoked function is rate limited")
            self._around.send(notice, start.trace_id)

    def _start_alone(self, start: Start) -> Run | None:
        """Start what may have to be alone; what ends for it makes room, which another start may take at once."""
        executor, state = self._around.executor, self._around.state
        lock = lock_of(start.function, start.event)
        if lock is None:
            return executor.schedule(start)
        holder = state.holder(lock)
        if holder is not None and start.function.config["singleton"]["mode"] == CANCEL:
            executor.cancel(holder)
            holder = state.holder(lock)
        if holder is not None:
            return executor.skip(start, holder)
        return executor.schedule(replace(start, lock=lock))
