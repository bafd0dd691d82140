"""Everything that is recorded, asked again of one engine in the order of the recording."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from harness.waiters import OutOfTimeError, until
from tests.unit.embedded_inngest.recordings import Json, load
from tests.unit.embedded_inngest.replay import EVERY, PATIENCE, Log, executions, play
from tests.unit.embedded_inngest.server import Server

TOO_LONG_TO_RECORD: Mapping[str, Any] = MappingProxyType(
    {
        "big-600k": {"name": "probe/none", "data": {"x": "y" * 600_000}},
        "6000-events": [{"name": "probe/none", "data": {"i": number}} for number in range(6000)],
    }
)
"""Bodies of event API requests that the transcript only describes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """What the engine did and said; each part has the form of its transcript."""

    syncs: list[Json]
    api: dict[str, Json]
    event_api: dict[str, Json]
    scenarios: dict[str, Json]
    invoke: Json
    graphql: Json


def perform(release: str, server: Server, log: Log) -> Performance:
    """Ask everything again, from the first sync to the last query."""
    wait_for_syncs(log, 1)
    api = {name: server.repeat(asked["request"]) for name, asked in load("01-api", release).items()}
    event_api = {name: server.repeat(_request(name, asked)) for name, asked in load("02-event-api", release).items()}
    invoke = load("51-invoke-api", release)
    answers = {path: server.repeat(asked["request"]) for path, asked in invoke.items() if path != "calls"}
    played = play(release, server, log)
    calls = [call for call in executions(log()) if _is_invoked_from_outside(call)]
    recorded_syncs = len(load("00-sync", release))
    wait_for_syncs(log, recorded_syncs)
    return Performance(
        syncs=syncs(log())[:recorded_syncs],
        api=api,
        event_api=event_api,
        scenarios=played,
        invoke={**answers, "calls": calls},
        graphql={name: server.graphql(asked["query"]) for name, asked in load("60-graphql", release).items()},
    )


def syncs(log: list[Json]) -> list[Json]:
    """Return the calls that asked the app to register."""
    return [call for call in log if call["request"]["method"] == "PUT"]


def wait_for_syncs(log: Log, count: int) -> None:
    """Wait until the app was asked to register so many times."""
    with suppress(OutOfTimeError):  # what didn't happen is a difference
        until(lambda: len(syncs(log())) >= count, within=PATIENCE, every=EVERY)


def _request(name: str, asked: Json) -> Json:
    request: Json = asked["request"]
    return request | ({"body": json.dumps(TOO_LONG_TO_RECORD[name])} if name in TOO_LONG_TO_RECORD else {})


def _is_invoked_from_outside(call: Json) -> bool:
    event = call["request"]["body"]["event"]
    return event["name"] == "inngest/function.invoked" and "correlation_id" not in event["data"]["_inngest"]
