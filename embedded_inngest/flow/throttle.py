"""Throttles: runs begin at the pace of their function, and what comes faster waits."""

from collections.abc import Callable
from typing import Any

from embedded_inngest.apps import Apps
from embedded_inngest.clock import Clock, Timer
from embedded_inngest.durations import of_option
from embedded_inngest.flow.capacity import Key
from embedded_inngest.flow.gcra import Meter, Pace


class Throttles:
    """Says when the next run may begin, by what its function is registered with then.

    Args:
        apps: The functions.
        clock: What tells the time.
        meter: Counts what has begun.
        adds_burst: A burst is a number of runs more, else it is how often the limit fits in at once.
    """

    def __init__(self, apps: Apps, clock: Clock, meter: Meter, *, adds_burst: bool = True) -> None:
        self._apps = apps
        self._clock = clock
        self._meter = meter
        self._adds_burst = adds_burst
        self._timers: dict[Key, Timer] = {}
        self._on_room: Callable[[Key], None] = lambda _: None

    def attach(self, on_room: Callable[[Key], None]) -> None:
        """Say who is to be told when there is room for a key that somebody waits for."""
        self._on_room = on_room

    def has_room(self, key: Key, function_id: str) -> bool:
        """Tell whether a run may begin now; if not, it will be told when."""
        now, pace = self._clock.now(), self._pace(function_id)
        at = now if pace is None else self._meter.allowed_at(_text(key), pace, now)
        if at > now and key not in self._timers:
            self._timers[key] = self._clock.call_later(at - now, lambda: self._ring(key))
        return at <= now

    def take(self, key: Key, function_id: str) -> None:
        """Count a run that begins."""
        pace = self._pace(function_id)
        if pace is not None:
            self._meter.count(_text(key), pace, self._clock.now())

    def close(self) -> None:
        """Tell nobody any more."""
        for timer in self._timers.values():
            timer.cancel()

    def _ring(self, key: Key) -> None:
        del self._timers[key]
        self._on_room(key)

    def _pace(self, function_id: str) -> Pace | None:
        function = self._apps.registered(function_id)
        config = None if function is None else function.config.get("throttle")
        return None if config is None else self._pace_of(config)

    def _pace_of(self, config: dict[str, Any]) -> Pace:
        limit, burst, period = config["limit"], config["burst"], int(of_option(config["period"]))
        if self._adds_burst:
            return Pace(interval=period / limit, extra=limit + burst - 1)
        return Pace(interval=period / limit, extra=limit * max(burst, 1) - 1, kept=period)


def _text(key: Key) -> str:
    return f"{key.limit} {key.value}"
