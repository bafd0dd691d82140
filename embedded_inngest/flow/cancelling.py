"""Events that end runs before their time (`cancelOn`)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embedded_inngest import durations
from embedded_inngest.apps import Function
from embedded_inngest.clock import Clock, ulid_millis
from embedded_inngest.events import Event
from embedded_inngest.expected import Expected, Key, place_of
from embedded_inngest.expressions import holds, is_expression, parsed
from embedded_inngest.release import Release
from embedded_inngest.runs import Run

if TYPE_CHECKING:
    from lark import Tree

MAX_CANCELS = 5
_CONVERSIONS = {"int", "uint", "double"}
_CALCULATIONS = {"addition", "multiplication"}


def are_allowed(cancels: Any, release: Release) -> bool:
    """Tell whether the server takes these: at most five, and their conditions may have to do no more than compare."""
    return (
        isinstance(cancels, list)
        and len(cancels) <= MAX_CANCELS
        and all(_is_condition(one["if"], release) for one in cancels if "if" in one)
    )


def _is_condition(expression: str, release: Release) -> bool:
    if not is_expression(expression):
        return False
    return not release.plain_cancels or all(map(_is_plain, parsed(expression).iter_subtrees()))


def _is_plain(node: "Tree[Any]") -> bool:
    """Tell whether a node is neither call nor macro nor calculation."""
    if node.data == "ident_arg":
        return str(node.children[0]) in _CONVERSIONS
    calculates = node.data in _CALCULATIONS and len(node.children) > 1
    return not calculates and node.data not in {"member_dot_arg", "unary_neg"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watch:
    """One run, and the condition under which an event ends it, until a time."""

    run: Run
    condition: str | None
    expires: float

    def is_met(self, fields: dict[str, Any], now: float) -> bool:
        """Tell whether an event that came after the run ends it."""
        return self.expires >= now and (
            self.condition is None or holds(self.condition, self.run.event.fields(), fields)
        )


class Cancellations:
    """The runs that an event may end, by its name; wildcards do not count here. `cancel` ends one."""

    def __init__(self, clock: Clock, release: Release, cancel: Callable[[Run], None]) -> None:
        self._clock = clock
        self._release = release
        self._cancel = cancel
        self._by_name: dict[str, Expected[_Watch]] = {}

    def watch(self, run: Run) -> None:
        """Let events end a run from now on.

        Raises:
            OpcodeError: A timeout can't be read; no event will end it.
        """
        watches = [_watch(run, cancel) for cancel in _cancels(run.function)]
        fields = run.event.fields() if watches else {}
        for key, name in _keys(run):
            watch = watches[int(key[1])]
            self._by_name.setdefault(name, Expected()).add(key, watch, place_of(watch.condition, fields))

    def drop(self, run: Run) -> None:
        """Forget a run that has ended."""
        for key, name in _keys(run):
            expected = self._by_name.get(name)
            if expected is not None:
                expected.remove(key)
            if not expected:
                self._by_name.pop(name, None)

    def receive(self, event: Event) -> None:
        """End the runs that an event ends; the end of one may have ended the next."""
        expected = self._by_name.get(event.name)
        if expected is None:
            return
        fields, now = event.fields(), self._clock.now()
        for watch in expected.candidates(fields):
            if not watch.run.ended and self._follows(event, watch.run) and watch.is_met(fields, now):
                self._cancel(watch.run)

    def _follows(self, event: Event, run: Run) -> bool:
        if self._release.cancels_by_id:
            return event.internal_id > run.id
        return event.ts > ulid_millis(run.event.internal_id)


def _cancels(function: Function) -> Iterable[dict[str, Any]]:
    cancels: Iterable[dict[str, Any]] = function.config.get("cancel", ())
    return cancels


def _keys(run: Run) -> Iterable[tuple[Key, str]]:
    """Yield under which key, and event name, each way to end a run is kept."""
    for number, cancel in enumerate(_cancels(run.function)):
        yield (run.id, str(number)), cancel.get("event", "")


def _watch(run: Run, cancel: dict[str, Any]) -> _Watch:
    since, timeout = run.queued_at, cancel.get("timeout")
    lasting = durations.YEAR if timeout is None else durations.of_timeout(timeout, since)
    return _Watch(run=run, condition=cancel.get("if"), expires=since + lasting)
