"""Which functions an event starts: exact names, prefix wildcards, expressions."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from embedded_inngest.apps import Function, Trigger


def patterns(event_name: str) -> list[str]:
    """Return the trigger names that match an event: its own and each prefix up to a `/` or a `.`, with a star.

    A bare `*` is never among them, so a function that registers it never runs; the real server does the same.
    """
    return [event_name, *_prefixes(event_name, "/"), *_prefixes(event_name, ".")]


def _prefixes(name: str, separator: str) -> Iterator[str]:
    parts = name.split(separator)
    for count in range(1, len(parts)):
        yield separator.join(parts[:count]) + separator + "*"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A function whose trigger has the right name; its expression is still to be asked."""

    function: Function
    trigger: Trigger


class TriggerIndex:
    """Functions by the event names of their triggers; without wildcards a star is a star."""

    def __init__(self, *, wildcards: bool = True) -> None:
        self._wildcards = wildcards
        self._by_name: dict[str, list[Candidate]] = {}

    def rebuild(self, functions: Iterable[Function]) -> None:
        """Forget all and index these functions."""
        self._by_name = {}
        for function in functions:
            for trigger in function.triggers:
                self._by_name.setdefault(trigger.event, []).append(Candidate(function, trigger))

    def candidates(self, event_name: str) -> Iterator[Candidate]:
        """Yield what may start on an event, in the order of registration."""
        for pattern in patterns(event_name) if self._wildcards else (event_name,):
            yield from self._by_name.get(pattern, ())
