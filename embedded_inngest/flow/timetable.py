"""Functions that the clock starts: what registers with a cron trigger, and when its time comes."""

import hashlib
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from embedded_inngest import durations, events, wire
from embedded_inngest.apps import Apps, Function
from embedded_inngest.clock import Clock, Timer
from embedded_inngest.flow.cron import CronError, Schedule
from embedded_inngest.internal_events import Notice
from embedded_inngest.opcodes import OpcodeError
from embedded_inngest.release import Release

_LEAST_JITTER, _MOST_JITTER = 1.0, 300.0
_FIELDS = {"cron", "jitter"}


def are_allowed(triggers: list[dict[str, Any]]) -> bool:
    """Tell whether the server takes these triggers, as far as they are of the clock."""
    crons = [trigger for trigger in triggers if trigger.keys() & _FIELDS]
    return len({trigger.get("cron") for trigger in crons}) == len(crons) and all(map(_is_allowed, crons))


def _is_allowed(trigger: dict[str, Any]) -> bool:
    try:
        Schedule.parse(trigger["cron"])
        jitter = _jitter(trigger)
    except (CronError, OpcodeError, KeyError, TypeError, AttributeError):
        return False
    return trigger.keys() <= _FIELDS and (not jitter or _LEAST_JITTER <= jitter <= _MOST_JITTER)


def _jitter(trigger: dict[str, Any]) -> float:
    text = trigger.get("jitter", "")
    return durations.of_duration(text) if text.strip() else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A time that has come for a function: when it was due, and when it is to start."""

    function: Function
    cron: str
    scheduled_at: float
    fire_at: float

    def notice(self, release: Release) -> Notice:
        """Return the event that says so; its id is the second, so that a time comes once for a function."""
        due, fire = (wire.rfc3339(math.floor(second)) for second in (self.scheduled_at, self.fire_at))
        data = {"cron": self.cron}
        if release.times_crons:
            data |= {"scheduledAt": due, "fireAt": fire}
        return Notice(name=events.TIMER, data=data, id=due, ts=int(self.fire_at * 1000))


class Timetable:
    """Waits for the times of all cron triggers. `fire` is told of each that has come."""

    def __init__(self, apps: Apps, clock: Clock, fire: Callable[[Tick], None]) -> None:
        self._apps = apps
        self._clock = clock
        self._fire = fire
        self._timers: dict[tuple[str, str], Timer] = {}

    def rebuild(self, functions: Iterable[Function]) -> None:
        """Wait for the times of these functions, and of no others."""
        wanted = {(function.id, cron) for function in functions for cron in _triggers(function)}
        for key in self._timers.keys() - wanted:
            self._timers.pop(key).cancel()
        for key in wanted - self._timers.keys():
            self._wait(key, self._clock.now())

    def close(self) -> None:
        """Wait no more."""
        self.rebuild(())

    def _wait(self, key: tuple[str, str], after: float) -> None:
        due = Schedule.parse(key[1]).next(after)
        if due is not None:
            self._wait_until(key, due)

    def _wait_until(self, key: tuple[str, str], due: float) -> None:
        later = due - self._clock.now()
        self._timers[key] = self._clock.call_later(later, lambda: self._come(key, due))

    def _come(self, key: tuple[str, str], due: float) -> None:
        """Tell of a time that has come; where a clock was set back meanwhile, it has not."""
        if self._clock.now() < due:
            self._wait_until(key, due)
            return
        self._wait(key, due)
        function_id, cron = key
        function = self._apps.registered(function_id)
        if function is not None:
            later = _delay(key, due, _jitter(_triggers(function)[cron]))
            self._fire(Tick(function=function, cron=cron, scheduled_at=due, fire_at=due + later))


def _triggers(function: Function) -> dict[str, dict[str, Any]]:
    return {trigger["cron"]: trigger for trigger in function.config["triggers"] if "cron" in trigger}


def _delay(key: tuple[str, str], due: float, jitter: float) -> float:
    """Return by how much a time is put off: between a second and the jitter, always the same for the same time."""
    if jitter <= _LEAST_JITTER:
        return jitter
    seed = hashlib.sha256(repr((key, due)).encode()).digest()
    return _LEAST_JITTER + int.from_bytes(seed[:8]) / 2**64 * (jitter - _LEAST_JITTER)
