"""Searching for runs by what their events and outputs say."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Self

from graphql import GraphQLError

from embedded_inngest import wire
from embedded_inngest.cel_values import MISSING, ExpressionError
from embedded_inngest.events import Event
from embedded_inngest.expressions import Evaluate, scope_of, searching

_OUTPUT = re.compile(r"\b(output|error)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Conditions that a run must meet, all of them; some look at its output."""

    conditions: tuple[Evaluate, ...]
    needs_output: bool

    @classmethod
    def read(cls, text: str) -> Self:
        """Read conditions, one a line.

        Raises:
            GraphQLError: One of them is none.
        """
        lines = [line for line in text.split("\n") if line.strip()]
        try:
            return cls(conditions=tuple(map(searching, lines)), needs_output=bool(_OUTPUT.search(text)))
        except ExpressionError as error:
            raise GraphQLError(f"error retrieving runs: {error}") from None

    def finds(self, events: Iterable[Event], output: Callable[[], str | None]) -> bool:
        """Tell whether a run with such events and such an output is searched for."""
        shown = _value(output()) if self.needs_output else MISSING
        return any(self._met({**scope_of(event.fields()), "output": shown, "error": shown}) for event in events)

    def _met(self, scope: dict[str, Any]) -> bool:
        try:
            return all(condition(scope) is True for condition in self.conditions)
        except ExpressionError:
            return False


def _value(output: str | None) -> Any:
    return MISSING if output is None else wire.decode(output)
