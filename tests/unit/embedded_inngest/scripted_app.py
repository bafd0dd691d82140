"""An app without an SDK: it answers the engine from a script, so it can misbehave in ways that no SDK does."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.receiver.answers import Answer, Script
from harness.receiver.attempts import Attempt
from harness.receiver.receiver import Receiver
from harness.waiters import until
from tests.unit.embedded_inngest.recordings import Json
from tests.unit.embedded_inngest.server import Server

SDK = (("x-inngest-sdk", "scripted:v1"), ("x-inngest-req-version", "2"), ("content-type", "application/json"))

ACTIVE = ("QUEUED", "RUNNING")
PATIENCE = 5.0


def answer(status: int, body: Any, *headers: tuple[str, str]) -> Answer:
    """Return the answer of an SDK."""
    return Answer(status=status, headers=(*SDK, *headers), body=json.dumps(body).encode())


def result(value: Any = "done") -> Answer:
    """Return the answer of a function that has finished."""
    return answer(200, value)


def error(*headers: tuple[str, str], status: int = 500) -> Answer:
    """Return the answer of a function that has failed."""
    return answer(status, {"name": "ValueError", "message": "scripted", "stack": "somewhere"}, *headers)


def operation(op: str, name: str = "step", **fields: Any) -> Json:
    """Return one opcode; its id is forty characters long, as the hash of an SDK's step is."""
    return {"op": op, "id": name.rjust(40, "0"), "name": name, "displayName": name, "opts": None, **fields}


def operations(*ops: Json) -> Answer:
    """Return the answer of a function that has steps to report."""
    return answer(206, list(ops))


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """What the app tells the engine of one of its functions.

    Attributes:
        slug: Name of the function, that of the app included.
        url: Where it is called.
        triggers: What it is triggered by.
        retries: How often it is tried again.
        options: All else, in the words of the protocol.
    """

    slug: str
    url: str
    triggers: Sequence[Json]
    retries: int
    options: Json

    def config(self) -> Json:
        """Return the function as it is registered."""
        runtime = {"type": "http", "url": f"{self.url}?fnId={self.slug}&stepId=step"}
        step = {"id": "step", "name": "step", "retries": {"attempts": self.retries}, "runtime": runtime}
        return {"id": self.slug, "name": self.slug, "triggers": self.triggers, "steps": {"step": step}, **self.options}


class ScriptedApp:
    """One app of an engine; its functions are paths of a receiver.

    Args:
        name: Name of the app, unlike any other on this engine.
        server: The engine that calls it.
        receiver: Answers the calls and keeps them.
        path: Where it lives on the receiver.
    """

    def __init__(self, name: str, server: Server, receiver: Receiver, path: str | None = None) -> None:
        self.name = name
        self.server = server
        self.path = path or f"/{name}"
        self._receiver = receiver
        self._functions: dict[str, Function] = {}

    def event(self, name: str) -> str:
        """Return the name of an event that nobody else's functions are triggered by."""
        return f"{self.name}/{name}"

    def slug(self, function: str) -> str:
        return f"{self.name}-{function}"

    def serves(
        self,
        function: str,
        *answers: Script,
        triggers: Sequence[Json] = (),
        retries: int = 0,
        url: str | None = None,
        **options: Any,
    ) -> None:
        """Add a function with its script; if nothing else is said it is triggered by the event that bears its name."""
        self._receiver.script(self._path(function), answers or (result(),))
        self._functions[function] = Function(
            slug=self.slug(function),
            url=url or self.url(function),
            triggers=triggers or [{"event": self.event(function)}],
            retries=retries,
            options=options,
        )

    def url(self, function: str) -> str:
        return self._receiver.url(self._path(function))

    def removes(self, function: str) -> None:
        """Take a function away; the engine knows after the next sync."""
        del self._functions[function]

    def sync(self, **fields: Any) -> Json:
        """Register the functions and return the engine's answer."""
        functions = [function.config() for function in self._functions.values()]
        body = {"url": self._receiver.url(self.path), "appname": self.name, "sdk": "py:v0.5.19", "v": "0.1"}
        return self.server.post("/fn/register", {**body, "functions": functions, **fields})

    def send(self, event: str, data: Any = None, **fields: Any) -> str:
        """Send one of the app's own events and return its id."""
        return self.server.send(self.event(event), data, **fields)

    def runs(self, event_id: str, *, count: int = 1) -> list[Json]:
        """Wait until an event has started so many runs and all have ended; return what GraphQL says of them."""

        def have_ended(runs: list[Json]) -> bool:
            return len(runs) >= count and not [run for run in runs if run["status"] in ACTIVE]

        runs = until(lambda: self.server.runs_of(event_id), have_ended, within=PATIENCE)
        return [{**run, **self.server.run(run["id"])["data"]["run"]} for run in runs]

    def run(self, function: str, data: Any = None) -> Json:
        """Sync, send the event of a function, wait until its run has ended and return what GraphQL says of it."""
        self.sync()
        [run] = self.runs(self.send(function, data))
        return run

    def calls(self, function: str, *, count: int = 0) -> Sequence[Attempt]:
        """Return the calls of a function, once there are so many."""
        path = self._path(function)
        return until(lambda: self._receiver.attempts(path), lambda calls: len(calls) >= count, within=PATIENCE)

    def _path(self, function: str) -> str:
        return f"{self.path}/{function}"
