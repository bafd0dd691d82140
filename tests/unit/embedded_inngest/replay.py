"""Plays recorded scenarios again: sends what was sent, waits until the engine is at rest, reads what was read."""

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, TypeAlias

from harness.waiters import OutOfTimeError, until
from tests.unit.embedded_inngest.recordings import Json, load, scenarios
from tests.unit.embedded_inngest.server import Server, answered_ids

ULID = re.compile(r"\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b")

PATIENCE = 8.0
"""Seconds until all scenarios are at rest; the longest takes two to three. What isn't at rest then is a difference."""

QUIET = 1.2
"""Seconds without a call after which none is expected: more than the retry interval, so that a needless retry shows."""

EVERY = 0.05

_WAITS = {"WAIT_FOR_EVENT", "SLEEP"}

Log: TypeAlias = Callable[[], list[Json]]


def executions(log: Iterable[Json]) -> Iterator[Json]:
    """Yield the calls that execute functions, out of all that reached the app."""
    return (call for call in log if call["request"]["method"] == "POST")


def following(log: Iterable[Json], ids: Iterable[str]) -> list[Json]:
    """Return the calls that follow from events: their runs, and what these invoked, sent or left to on_failure.

    A call belongs to it when its event mentions a known id; then its run and all ids in its answer are known too.
    """
    known, calls = set(ids), []
    for call in executions(log):
        event = call["request"]["body"]["event"]
        if known & {event["id"], *ULID.findall(json.dumps(event))}:
            known |= {call["request"]["body"]["ctx"]["run_id"], *ULID.findall(json.dumps(call["response"]["body"]))}
            calls.append(call)
    return calls


class Scenario:
    """A recorded scenario, played again on another server."""

    def __init__(self, name: str, release: str, server: Server) -> None:
        self.recording: Json = load(name, release)
        self._server = server
        self._answers: list[Json] = []

    def begin(self) -> None:
        """Send the events that started it."""
        self._send(once=None)

    def go_on(self) -> None:
        """Send the events that came once a run was waiting for them."""
        if any("once" in sent for sent in self.recording["sent"]):
            with suppress(OutOfTimeError):
                until(self._is_waiting, within=PATIENCE)
            self._send(once="waiting")

    def is_at_rest(self, log: list[Json]) -> bool:
        """Tell whether all happened that happened then."""
        statuses = [run["event"]["data"]["event"]["status"] for run in self.recording["runs"]]
        return len(self._calls(log)) >= len(self.recording["calls"]) and statuses == list(self._statuses())

    def observe(self, log: list[Json]) -> Json:
        """Return what the server did and says now, in the form of the recording."""
        runs = [self._about(event_id) for event_id in answered_ids(self._answers)]
        return {"sent": [{"response": answer} for answer in self._answers], "calls": self._calls(log), "runs": runs}

    def _send(self, once: str | None) -> None:
        requests = [sent["request"] for sent in self.recording["sent"] if sent.get("once") == once]
        self._answers += [self._server.repeat(request) for request in requests]

    def _is_waiting(self) -> bool:
        runs = [run for event_id in answered_ids(self._answers) for run in self._server.runs_of(event_id)]
        traces = [self._server.run(run["id"])["data"]["run"]["trace"] for run in runs]
        return any(span["stepOp"] in _WAITS for trace in traces if trace for span in trace["childrenSpans"])

    def _calls(self, log: list[Json]) -> list[Json]:
        given = (json.loads(sent["request"]["body"]).get("id") for sent in self.recording["sent"])
        return following(log, [*answered_ids(self._answers), *filter(None, given)])

    def _statuses(self) -> Iterator[Any]:
        events = (self._server.event(event_id)["data"]["event"] for event_id in answered_ids(self._answers))
        return (event and event["status"] for event in events)

    def _about(self, event_id: str) -> Json:
        runs = self._server.get(f"/v1/events/{event_id}/runs")
        details = [self._details(run["run_id"]) for run in runs["body"]["data"]]
        return {"event_id": event_id, "event": self._server.event(event_id), "runs": runs, "details": details}

    def _details(self, run_id: str) -> Json:
        return {"run": self._server.get(f"/v1/runs/{run_id}"), "graphql": self._server.run(run_id)}


def play(release: str, server: Server, log: Log) -> dict[str, Json]:
    """Play all scenarios of a release beside each other and return what was observed of each."""
    played = {name: Scenario(name, release, server) for name in scenarios(release)}
    for scenario in played.values():
        scenario.begin()
    for scenario in played.values():
        scenario.go_on()
    with suppress(OutOfTimeError):
        until(lambda: all(map(_at_rest_in(log()), played.values())), within=PATIENCE, every=EVERY)
    wait_for_silence(log)
    seen = log()
    return {name: scenario.observe(seen) for name, scenario in played.items()}


def _at_rest_in(log: list[Json]) -> Callable[[Scenario], bool]:
    return lambda scenario: scenario.is_at_rest(log)


def wait_for_silence(log: Log) -> None:
    """Wait until no function has been called for some time."""

    def last_call() -> float:
        return max((float(call["t"]) for call in executions(log())), default=0.0)

    with suppress(OutOfTimeError):
        until(last_call, lambda last: time.time() - last > QUIET, within=PATIENCE, every=EVERY)
