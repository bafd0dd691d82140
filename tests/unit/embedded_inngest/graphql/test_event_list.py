"""The list of events, and each event by itself."""

import json
from typing import Any

import pytest

from embedded_inngest.events import Event
from embedded_inngest.graphql.event_list import EventQuery
from tests.unit.embedded_inngest.flow.staged import Stage, function, play
from tests.unit.embedded_inngest.graphql.asking import FROM, ask, refused

LIST = """query($first: Int!, $after: String, $filter: EventsFilter!){
  eventsV2(first: $first, after: $after, filter: $filter){
    edges { node { id name runs { status function { slug } } } } totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
ONE = """query($id: ULID!){ eventV2(id: $id){
  id idempotencyKey name occurredAt receivedAt raw version source { id } envID runs { status } } }"""
STREAM = "query($wanted: StreamQuery!){ stream(query: $wanted){ trigger type inBatch runs { status } } }"


async def listed(stage: Stage, *, first: int = 50, after: str | None = None, **wanted: Any) -> Any:
    """Return a page of events."""
    return await ask(stage, LIST, first=first, after=after, filter={"from": FROM, **wanted})


def names(page: Any) -> list[str]:
    """Return the names of the events of a page."""
    return [edge["node"]["name"] for edge in page["edges"]]


async def four(stage: Stage) -> None:
    """Send four events ten seconds after one another; the second one starts a run, whose end is told by another one."""
    for name in ("a", "go", "b", "a"):
        await stage.send(name)
        await stage.clock.turn(10)


WANTED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "all but internal ones, newest first": ({}, ["a", "b", "go", "a"]),
    "internal ones, too": ({"includeInternalEvents": True}, ["a", "b", "inngest/function.finished", "go", "a"]),
    "some names": ({"eventNames": ["go", "b"]}, ["b", "go"]),
    "a time, both ends included": ({"from": "1970-01-01T00:16:50Z", "until": "1970-01-01T00:17:00Z"}, ["b", "go"]),
    "a search, which is not heeded": ({"query": 'event.name == "b"'}, ["a", "b", "go", "a"]),
}


@pytest.mark.parametrize("case", WANTED)
def test_events_are_found(case: str) -> None:
    """A filter lets through what it asks for, newest first, and the count is that of what it lets through."""
    wanted, expected = WANTED[case]

    async def scene(stage: Stage) -> None:
        await four(stage)
        page = await listed(stage, **wanted)

        assert (names(page), page["totalCount"]) == (expected, len(expected))

    play(scene, function("go"))


def test_pages_follow_one_another() -> None:
    """Page by page every event comes once; whoever went on may be told that there is more before."""

    async def scene(stage: Stage) -> None:
        await four(stage)
        first = await listed(stage, first=3)
        second = await listed(stage, first=3, after=first["pageInfo"]["endCursor"])

        assert [names(first), names(second)] == [["a", "b", "go"], ["a"]]
        assert [page["pageInfo"]["hasNextPage"] for page in (first, second)] == [True, False]
        assert [page["pageInfo"]["hasPreviousPage"] for page in (first, second)] == [False, True]

    play(scene, function("go"))


def test_no_event_behind_the_last_that_matches_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many older events there are, a first page that is not full ends with the last one that it has."""
    looked_at: list[str] = []
    admits = EventQuery.admits

    def counted(query: EventQuery, event: Event) -> bool:
        looked_at.append(event.name)
        return admits(query, event)

    async def scene(stage: Stage) -> None:
        await four(stage)
        monkeypatch.setattr(EventQuery, "admits", counted)
        await ask(stage, LIST, first=50, filter={"from": "1970-01-01T00:17:00Z"})

    play(scene)

    assert looked_at == ["a", "b"]


def test_a_cursor_that_is_none_is_refused() -> None:
    """What is no cursor does not begin from the start again."""

    async def scene(stage: Stage) -> None:
        said = await refused(stage, LIST, first=1, after="x", filter={"from": FROM})

        assert said == "error decoding eventsv2 cursor: illegal base64 data at input byte 0"

    play(scene)


def test_an_event_is_shown_with_what_its_sender_said() -> None:
    """An event has the sender's id as its key, its own times, and the whole of what was sent."""

    async def scene(stage: Stage) -> None:
        event_id = await stage.send("go", id="mine", data={"x": 1}, ts=500_000, v="2")
        event = await ask(stage, ONE, id=event_id)

        assert (event["id"], event["idempotencyKey"], event["version"]) == (event_id, "mine", "2")
        assert (event["occurredAt"], event["receivedAt"]) == ("1970-01-01T00:08:20Z", "1970-01-01T00:16:40Z")
        assert json.loads(event["raw"]) == {"data": {"x": 1}, "id": "mine", "name": "go", "ts": 500_000, "v": "2"}
        assert event["runs"] == [{"status": "COMPLETED"}]

    play(scene, function("go"))


def test_an_event_that_is_not_there_is_named() -> None:
    """An unknown event is an error that names it."""
    unknown = "01ARZ3NDEKTSV4RRFFQ69G5FAV"

    async def scene(stage: Stage) -> None:
        assert await refused(stage, ONE, id=unknown) == f"event not found: {unknown}"

    play(scene)


def test_the_stream_has_what_started_runs_and_the_rest_of_one_kind() -> None:
    """The stream leaves internal events out, or leaves out the others that started nothing."""

    async def scene(stage: Stage) -> None:
        await four(stage)
        plain = await ask(stage, STREAM, wanted={"limit": 3})
        internal = await ask(stage, STREAM, wanted={"limit": 9, "includeInternalEvents": True})

        assert [item["trigger"] for item in plain] == ["a", "b", "go"]
        assert [item["trigger"] for item in internal] == ["inngest/function.finished", "go"]
        assert plain[2]["runs"] == [{"status": "COMPLETED"}]

    play(scene, function("go"))
