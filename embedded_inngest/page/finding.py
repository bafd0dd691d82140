"""What the path of a request names, or that there is no such thing."""

from typing import TypeVar

from embedded_inngest.apps import App, Function
from embedded_inngest.errors import EngineError
from embedded_inngest.events import Event
from embedded_inngest.http import Request
from embedded_inngest.runs import Run
from embedded_inngest.state import State

T = TypeVar("T")


class UnknownError(EngineError):
    """Something is asked for that does not exist, or no longer."""


class Finder:
    """Finds what requests name, in the memory of the server.

    Each method raises UnknownError if it is not there.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def run(self, request: Request) -> Run:
        name = request.names["run"]
        return _found(self._state.run(name), f"run {name}")

    def event(self, request: Request) -> Event:
        return self.event_of(request.names["event"])

    def event_of(self, event_id: str) -> Event:
        return _found(self._state.event(event_id), f"event {event_id}")

    def function(self, request: Request) -> Function:
        name = request.names["function"]
        return _found(self._state.apps.registered(name), f"function {name}")

    def app(self, request: Request) -> App:
        name = request.names["app"]
        return _found(self._state.apps.by_id(name), f"app {name}")


def _found(thing: T | None, words: str) -> T:
    if thing is None:
        raise UnknownError(f"There is no {words} here.")
    return thing
