"""Batches: events are gathered until there are enough of them, or the first has waited long enough."""

import logging
from dataclasses import dataclass, field
from typing import Any

import orjson

from embedded_inngest.apps import Function
from embedded_inngest.clock import Clock, Ids, Timer
from embedded_inngest.durations import of_option
from embedded_inngest.events import Event
from embedded_inngest.expressions import holds
from embedded_inngest.flow.keys import key_of
from embedded_inngest.flow.start import Start, Starter
from embedded_inngest.journal import BATCHES, NO_JOURNAL, Journal
from embedded_inngest.state import State

_MAX_BYTES = 10 * 1024 * 1024

log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Batch:
    """Events that will start one run, at the latest when it is due."""

    id: str
    function_id: str
    due: float
    events: list[Event] = field(default_factory=list)
    octets: int = 0

    def add(self, event: Event) -> None:
        """Take an event."""
        self.events.append(event)
        self.octets += len(event.body)

    def is_full(self, size: int) -> bool:
        """Tell whether no more events are waited for."""
        return len(self.events) >= size or self.octets >= _MAX_BYTES


class Batching:
    """Gathers events, function by function and key by key. `start` is asked for what a batch starts."""

    def __init__(
        self,
        state: State,
        clock: Clock,
        ids: Ids,
        start: Starter,
        *,
        conditional: bool = True,
        journal: Journal = NO_JOURNAL,
    ) -> None:
        self._state = state
        self._clock = clock
        self._ids = ids
        self._start = start
        self._conditional = conditional
        self._journal = journal
        self._open: dict[str, Batch] = {}
        self._timers: dict[str, Timer] = {}

    def gathers(self, function: Function, event: Event) -> bool:
        """Tell whether an event is one for a batch; one that does not meet the condition starts a run of its own."""
        config = function.config.get("batchEvents")
        if not config:
            return False
        condition = config.get("if") if self._conditional else None
        return condition is None or holds(condition, event.fields())

    def add(self, function: Function, event: Event) -> None:
        """Put an event into the batch that is open for its key.

        Raises:
            ExpressionError: the key can't be evaluated.
        """
        config = function.config["batchEvents"]
        place = f"{function.id} {key_of(config.get('key'), event)}"
        batch = self._open.get(place) or self._begin(place, function, config)
        batch.add(event)
        self._journal.held(BATCHES, place)
        if batch.is_full(config["maxSize"]):
            self._close(place)

    def close(self) -> None:
        """Wait no longer."""
        for timer in self._timers.values():
            timer.cancel()

    def held(self, key: str) -> bytes | None:
        """Write down the batch of a place, if one is open."""
        batch = self._open.get(key)
        if batch is None:
            return None
        events = [event.internal_id for event in batch.events]
        return orjson.dumps({"id": batch.id, "function_id": batch.function_id, "due": batch.due, "events": events})

    def hold(self, key: str, content: bytes) -> None:
        """Read what `held` wrote, and go on waiting."""
        fields = orjson.loads(content)
        events, batch = fields.pop("events"), Batch(**fields)
        for event_id in events:
            batch.add(self._state.known_event(event_id))
        self._wait(key, batch)

    def _begin(self, place: str, function: Function, config: dict[str, Any]) -> Batch:
        due = self._clock.now() + of_option(config["timeout"])
        batch = Batch(id=self._ids.ulid(), function_id=function.id, due=due)
        self._wait(place, batch)
        return batch

    def _wait(self, place: str, batch: Batch) -> None:
        self._open[place] = batch
        self._timers[place] = self._clock.call_later(batch.due - self._clock.now(), lambda: self._close(place))

    def _close(self, place: str) -> None:
        self._timers.pop(place).cancel()
        batch = self._open.pop(place)
        self._journal.held(BATCHES, place)
        function = self._state.apps.registered(batch.function_id)
        if function is None:
            log.error("a batch of %d events is lost: its function is no longer registered", len(batch.events))
            return
        self._start(Start(function=function, events=tuple(batch.events), origin="batch", batch_id=batch.id))
