"""How long a run may wait for its start and take to its end (`timeouts`)."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from embedded_inngest import durations
from embedded_inngest.apps import Apps
from embedded_inngest.clock import Clock, Timer
from embedded_inngest.opcodes import OpcodeError
from embedded_inngest.release import Release
from embedded_inngest.runs import Run

_NANO = 1_000_000_000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Ends runs that wait or take too long, as their function says at that moment. `cancel` ends one."""

    apps: Apps
    clock: Clock
    release: Release
    cancel: Callable[[Run], None]
    _timers: dict[str, Timer] = field(default_factory=dict)

    def watch(self, run: Run) -> None:
        """Count the time of a run from now on: until its start, or, once it has started, until its end."""
        self.drop(run)
        deadline = self._deadline(run) if self.release.eager_timeouts else None
        if deadline is not None:
            later = deadline - self.clock.now()
            self._timers[run.id] = self.clock.call_later(later, lambda: self._come(run))

    def drop(self, run: Run) -> None:
        """Forget a run that has ended."""
        timer = self._timers.pop(run.id, None)
        if timer is not None:
            timer.cancel()

    def close(self) -> None:
        """End nothing more."""
        for timer in self._timers.values():
            timer.cancel()

    def is_over(self, run: Run) -> bool:
        """Tell whether the time of a run is over."""
        deadline = self._deadline(run)
        return deadline is not None and deadline <= self.clock.now()

    def _come(self, run: Run) -> None:
        """End a run, unless its function gives it more time by now."""
        self._timers.pop(run.id, None)
        if self.is_over(run):
            log.info("run %s has taken too long", run.id)
            self.cancel(run)
        else:
            self.watch(run)

    def _deadline(self, run: Run) -> float | None:
        function = self.apps.registered(run.function.id) or run.function
        timeouts = function.config.get("timeouts")
        if not timeouts:
            return None
        start = _after(run.queued_at, timeouts.get("start"))
        if run.started_at is None:
            return start
        finish = _after(run.started_at, timeouts.get("finish"))
        if self.release.eager_timeouts or start is None:
            return finish
        return start if finish is None else min(start, finish)


def _after(since: float, timeout: str | int | None) -> float | None:
    """Return when a timeout is over; one that can't be read or takes no time is none."""
    try:
        seconds = timeout / _NANO if isinstance(timeout, int) else durations.of_duration(timeout or "")
    except OpcodeError:
        return None
    return since + seconds if seconds > 0 else None
