"""The list of events over REST: how far it goes back, and how it goes on."""

from typing import Any

import orjson
import pytest

from embedded_inngest.app import App
from embedded_inngest.http import Request
from tests.unit.embedded_inngest.flow.staged import Stage, play


async def listed(stage: Stage, **query: str) -> list[str]:
    """Return the names of the events that are listed."""
    request = Request(method="GET", path="/v1/events", target=f"/v1/events?{query}", query=query, headers={}, body=b"")
    answer: Any = orjson.loads((await App(stage.engine).answer(request)).body)
    return [event["name"] for event in answer["data"]]


async def three(stage: Stage) -> None:
    """Send three events half an hour after one another, from second 1,000 on."""
    for name in ("first", "second", "third"):
        await stage.send(name)
        await stage.clock.turn(1800)
    await stage.clock.turn(-600)


WANTED: dict[str, tuple[dict[str, str], list[str]]] = {
    "the last hour": ({}, ["third", "second"]),
    "since a time": ({"received_after": "1970-01-01T00:00:00Z"}, ["third", "second", "first"]),
    "both ends included": (
        {"received_after": "1970-01-01T00:16:40Z", "received_before": "1970-01-01T00:46:40Z"},
        ["second", "first"],
    ),
    "one name": ({"name": "second"}, ["second"]),
    "a limit": ({"limit": "1"}, ["third"]),
}


@pytest.mark.parametrize("case", WANTED)
def test_events_are_listed(case: str) -> None:
    """Unless a time is given the list goes back for an hour, newest first."""
    wanted, expected = WANTED[case]

    async def scene(stage: Stage) -> None:
        await three(stage)

        assert await listed(stage, **wanted) == expected

    play(scene)


def test_a_cursor_goes_on_below_its_event() -> None:
    """A cursor is the internal id of an event, and the list goes on with those before it."""

    async def scene(stage: Stage) -> None:
        await three(stage)
        newest = next(stage.engine.state.newest_events())

        assert await listed(stage, cursor=newest.internal_id) == ["second"]

    play(scene)
