"""Debounce: of events that follow each other quickly the last one starts a run, once they have paused."""

import logging
import math
from dataclasses import dataclass, replace

import orjson

from embedded_inngest.apps import Function
from embedded_inngest.cel_values import ExpressionError
from embedded_inngest.clock import Clock, Ids, Timer
from embedded_inngest.durations import of_option
from embedded_inngest.events import Event
from embedded_inngest.flow.keys import key_of
from embedded_inngest.flow.start import Start, Starter
from embedded_inngest.journal import DEBOUNCES, NO_JOURNAL, Journal
from embedded_inngest.opcodes import OpcodeError
from embedded_inngest.state import State

_AFTERWARDS = 1.05
"""Seconds from the end of the period to the start; an event that comes in between begins anew."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Debounce:
    """An event that waits for a pause.

    Attributes:
        open_until: Until then a later event takes its place.
        due: When it starts a run.
        latest: When the period ends, however many events follow.
    """

    id: str
    function_id: str
    place: str
    event: Event
    open_until: float = 0.0
    due: float = 0.0
    latest: float | None = None


class Debouncing:
    """Puts starts off, function by function and key by key. `start` is asked for what is left of them."""

    def __init__(
        self,
        state: State,
        clock: Clock,
        ids: Ids,
        start: Starter,
        *,
        caps_first: bool = True,
        journal: Journal = NO_JOURNAL,
    ) -> None:
        self._state = state
        self._clock = clock
        self._ids = ids
        self._start = start
        self._caps_first = caps_first
        self._journal = journal
        self._waiting: dict[str, Debounce] = {}
        self._newest: dict[str, str] = {}
        self._timers: dict[str, Timer] = {}

    def put_off(self, function: Function, event: Event) -> None:
        """Let an event wait, in the place of an earlier one that still waits."""
        place = f"{function.id} {_key_of(function, event)}"
        known = self._waiting.get(self._newest.get(place, ""))
        if known is None or known.open_until <= self._clock.now():
            self._begin(function, Debounce(id=self._ids.ulid(), function_id=function.id, place=place, event=event))
        elif event.ts >= known.event.ts:
            self._prolong(function, replace(known, event=event))

    def close(self) -> None:
        """Wait no longer."""
        for timer in self._timers.values():
            timer.cancel()

    def held(self, key: str) -> bytes | None:
        """Write down what waits under an id, if anything does."""
        waiting = self._waiting.get(key)
        if waiting is None:
            return None
        names = ("id", "function_id", "place", "open_until", "due", "latest")
        fields = {name: getattr(waiting, name) for name in names}
        return orjson.dumps({**fields, "event": waiting.event.internal_id})

    def hold(self, _key: str, content: bytes) -> None:
        """Read what `held` wrote, and go on waiting."""
        fields = orjson.loads(content)
        event = self._state.known_event(fields.pop("event"))
        self._wait(Debounce(**fields, event=event))

    def _begin(self, function: Function, debounce: Debounce) -> None:
        now, config = self._clock.now(), function.config["debounce"]
        period = of_option(config["period"])
        timeout = _timeout(config.get("timeout"))
        if timeout is None:
            self._wait_for(debounce, period)
            return
        if self._caps_first and period > timeout:
            period = max(math.floor(timeout + 0.5), 1)
        self._wait_for(replace(debounce, latest=now + timeout), period)

    def _prolong(self, function: Function, debounce: Debounce) -> None:
        now, period = self._clock.now(), int(of_option(function.config["debounce"]["period"]))
        if debounce.latest is not None and now + period > debounce.latest:
            period = max(math.floor(debounce.latest - now), 1)
        self._wait_for(debounce, period)

    def _wait_for(self, debounce: Debounce, period: float) -> None:
        now = self._clock.now()
        self._wait(replace(debounce, open_until=now + int(period), due=now + period + _AFTERWARDS))
        self._journal.held(DEBOUNCES, debounce.id)

    def _wait(self, debounce: Debounce) -> None:
        before = self._timers.get(debounce.id)
        if before is not None:
            before.cancel()
        self._waiting[debounce.id] = debounce
        self._newest[debounce.place] = debounce.id
        seconds = debounce.due - self._clock.now()
        self._timers[debounce.id] = self._clock.call_later(seconds, lambda: self._end(debounce.id))

    def _end(self, debounce_id: str) -> None:
        del self._timers[debounce_id]
        debounce = self._waiting.pop(debounce_id)
        if self._newest[debounce.place] == debounce_id:
            del self._newest[debounce.place]
        self._journal.held(DEBOUNCES, debounce_id)
        function = self._state.apps.registered(debounce.function_id)
        if function is not None:
            self._start(Start(function=function, events=(debounce.event,), origin="debounce"))


def _timeout(text: str | None) -> float | None:
    """Return the seconds of a timeout, if there is one; one that can't be read is none."""
    try:
        return of_option(text) if text else None
    except OpcodeError:
        return None


def _key_of(function: Function, event: Event) -> str:
    try:
        return key_of(function.config["debounce"].get("key"), event)
    except ExpressionError as error:
        log.warning("debounce of %s: %s", function.slug, error)
        return "<invalid>"
