"""The list of runs: what is in it, in which order, page by page."""

from typing import Any

import pytest

from embedded_inngest.release import V0_29
from embedded_inngest.runs import Run
from tests.unit.embedded_inngest.flow.staged import ASLEEP, App, Stage, function, play
from tests.unit.embedded_inngest.graphql.asking import FROM, ask, refused

LIST = """query($first: Int!, $after: String, $filter: RunsFilterV2!, $order: [RunsV2OrderBy!]!, $preview: Boolean){
  runs(first: $first, after: $after, filter: $filter, orderBy: $order, preview: $preview){
    edges { cursor node { id status output startedAt queuedAt eventName function { slug } } }
    totalCount(preview: $preview) pageInfo { hasNextPage startCursor endCursor } } }"""
OLD_LIST = "query($from: Time!){ runs(orderBy: [], filter: {from: $from}) { edges { node { output } } totalCount } }"
NEWEST = [{"field": "QUEUED_AT", "direction": "DESC"}]
OLDEST = [{"field": "QUEUED_AT", "direction": "ASC"}]
FUNCTIONS = (function("ends"), function("fails", retries=0), function("sleeps"))


async def listed(stage: Stage, *, first: int = 100, order: Any = NEWEST, **wanted: Any) -> Any:
    """Return a page of runs."""
    paging = {key: wanted.pop(key) for key in ("after", "preview") if key in wanted}
    return await ask(stage, LIST, first=first, order=order, filter={"from": FROM, **wanted}, **paging)


def names(page: Any) -> list[str]:
    """Return the functions of the runs of a page."""
    return [edge["node"]["function"]["slug"] for edge in page["edges"]]


async def three(stage: Stage) -> None:
    """Let one run end, one fail and one sleep, ten seconds after one another."""
    for number, name in enumerate(("ends", "fails", "sleeps")):
        await stage.send(name, data={"number": number})
        await stage.clock.turn(10)


def answers(question: Any) -> Any:
    """Let the three runs happen, ask, and return what is answered."""
    found: list[Any] = []

    async def scene(stage: Stage) -> None:
        await three(stage)
        found.append(await question(stage))

    play(scene, *FUNCTIONS, app=App(fails=(500, {"message": "no"}), sleeps=ASLEEP))
    return found[0]


WANTED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "everything, newest first": ({}, ["sleeps", "fails", "ends"]),
    "oldest first": ({"order": OLDEST}, ["ends", "fails", "sleeps"]),
    "one status": ({"status": ["FAILED"]}, ["fails"]),
    "those under way": ({"status": ["RUNNING", "QUEUED"]}, ["sleeps"]),
    "skipped ones, which no list has": ({"status": ["SKIPPED"]}, ["sleeps", "fails", "ends"]),
    "a time, both ends included": ({"from": "1970-01-01T00:16:50Z", "until": "1970-01-01T00:16:50Z"}, ["fails"]),
    "those that have ended": ({"timeField": "ENDED_AT", "preview": False}, ["fails", "ends"]),
    "a search in the event": ({"query": "event.data.number > 0"}, ["sleeps", "fails"]),
    "a search for what no event has": ({"query": 'event.data.nothing == "x"'}, []),
    "a search for what an output lacks": ({"query": "output.nothing == 1"}, []),
    "a search in the output": ({"query": 'output == "done"'}, ["ends"]),
    "two searches at once": ({"query": 'event.data.number < 2\noutput.message == "no"'}, ["fails"]),
    "deferred ones": ({"isDeferred": True}, []),
    "deferred ones without the preview, which does not ask": (
        {"isDeferred": True, "preview": False, "first": 1},
        ["sleeps"],
    ),
}


@pytest.mark.parametrize("case", WANTED)
def test_runs_are_found(case: str) -> None:
    """A filter lets through what it asks for, in the order asked for."""
    wanted, expected = WANTED[case]

    assert names(answers(lambda stage: listed(stage, **wanted))) == expected


def test_pages_follow_one_another() -> None:
    """Page by page every run comes once, and the count is that of all pages."""

    async def pages(stage: Stage) -> list[Any]:
        found = [await listed(stage, first=2)]
        found.append(await listed(stage, first=2, after=found[0]["pageInfo"]["endCursor"]))
        return found

    first, second = answers(pages)

    assert [names(first), names(second)] == [["sleeps", "fails"], ["ends"]]
    assert [page["pageInfo"]["hasNextPage"] for page in (first, second)] == [True, False]
    assert [page["totalCount"] for page in (first, second)] == [3, 3]


def test_pages_of_live_runs_follow_one_another() -> None:
    """Runs that are under way are listed page by page, too, though they stand in no order of their own."""

    async def pages(stage: Stage) -> list[Any]:
        await stage.send("sleeps")
        first = await listed(stage, first=1, status=["RUNNING"])
        return [first, await listed(stage, first=5, status=["RUNNING"], after=first["pageInfo"]["endCursor"])]

    first, second = answers(pages)

    [later], [earlier] = first["edges"], second["edges"]
    assert later["node"]["queuedAt"] > earlier["node"]["queuedAt"]


def test_the_preview_shows_no_output_and_begins_when_queued() -> None:
    """The preview, which is what is shown unless told otherwise, has no outputs and no time between queue and start."""
    preview, plain = answers(both)

    assert {edge["node"]["output"] for edge in preview["edges"]} == {None}
    assert all(edge["node"]["startedAt"] == edge["node"]["queuedAt"] for edge in preview["edges"])
    assert [edge["node"]["output"] for edge in plain["edges"]][-1] == '"done"'


async def both(stage: Stage) -> tuple[Any, Any]:
    """Return the list and its other form."""
    return await listed(stage), await listed(stage, preview=False)


def test_only_the_runs_of_a_page_are_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many runs have ended, a page and a count read those of the page alone."""
    unpacked: list[str] = []
    unpack = Run.unpacked

    def counted(run_id: str, *arguments: Any) -> Run:
        unpacked.append(run_id)
        return unpack(run_id, *arguments)

    async def scene(stage: Stage) -> None:
        for _ in range(20):
            await stage.send("ends")
        monkeypatch.setattr(Run, "unpacked", counted)
        await listed(stage, first=2)

    play(scene, *FUNCTIONS)

    assert len(unpacked) == 2


def test_only_a_list_names_the_events_of_runs() -> None:
    """A run that is asked for by itself has no event name, unless its trigger is asked for."""

    async def both(stage: Stage) -> Any:
        node = (await listed(stage, first=1))["edges"][0]["node"]
        alone = await ask(stage, "query($id: String!){ run(runID: $id) { eventName } }", id=node["id"])
        return node["eventName"], alone["eventName"]

    assert answers(both) == ("sleeps", None)


BROKEN = {
    "event.data.k ==": "error retrieving runs: can't read",
    "nonsense": "error retrieving runs: invalid syntax detected",
    "event.data.l.exists(x, x == 1)": "error retrieving runs: macros are currently not supported",
}


@pytest.mark.parametrize("query", BROKEN)
def test_a_search_that_is_none_is_refused(query: str) -> None:
    """What can't be read, compares nothing or has macros is no search."""

    def question(stage: Stage) -> Any:
        return refused(stage, LIST, first=1, order=NEWEST, filter={"from": FROM, "query": query})

    assert answers(question).startswith(BROKEN[query])


def test_an_old_release_lists_no_previews() -> None:
    """v0.29.9 has no preview: its lists show outputs unless told otherwise."""

    async def scene(stage: Stage) -> None:
        await stage.send("ends")
        page = await ask(stage, OLD_LIST, **{"from": FROM})

        assert [edge["node"]["output"] for edge in page["edges"]] == ['"done"']

    play(scene, function("ends"), release=V0_29)
