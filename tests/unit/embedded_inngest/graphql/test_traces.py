"""What a trace shows of a run that is under way, and of its requests."""

from typing import Any

import pytest

from tests.unit.embedded_inngest.flow.staged import ASLEEP, App, Stage, function, play
from tests.unit.embedded_inngest.graphql.asking import ask, refused

LINES = """query($id: String!, $preview: Boolean){ run(runID: $id){ trace(preview: $preview){
  spanID parentSpanID groupID stepType childrenSpans {
    name status stepOp stepType stepID spanID parentSpanID groupID scheduledAt
    stepInfo { __typename ... on WaitForEventStepInfo { foundEventID timedOut } }
    childrenSpans { name status spanID outputID startedAt stepID parentSpanID groupID } } } } }"""
WAITING = (
    206,
    [{"op": "WaitForEvent", "id": "w", "name": "w", "displayName": "w", "opts": {"event": "e", "timeout": "1h"}}],
)
FAILING = (206, [{"op": "StepError", "id": "s", "name": "s", "displayName": "s", "error": {"message": "no"}}])


async def traced(stage: Stage, *, preview: bool) -> Any:
    """Send the event, and return the trace of the run."""
    await stage.send("go")
    run = stage.runs("go")[-1]
    return (await ask(stage, LINES, id=run.id, preview=preview))["trace"]


def line(answer: tuple[int, Any], *, preview: bool) -> Any:
    """Return the one line of the trace of a run that gets an answer."""
    found: list[Any] = []

    async def scene(stage: Stage) -> None:
        found.extend((await traced(stage, preview=preview))["childrenSpans"])

    play(scene, function("go"), app=App(go=answer))
    [shown] = found
    return shown


def test_a_wait_is_waiting() -> None:
    """A step that waits for an event is shown as waiting, with no request, and what may come of it is open."""
    for preview in (False, True):
        shown = line(WAITING, preview=preview)

        assert (shown["status"], shown["childrenSpans"]) == ("WAITING", [])
        assert shown["stepInfo"] == {"__typename": "WaitForEventStepInfo", "foundEventID": None, "timedOut": None}


def test_a_sleep_waits_in_the_preview_alone() -> None:
    """A sleep is shown as a request that runs, and in the preview as a wait."""
    plain, preview = (line(ASLEEP, preview=preview) for preview in (False, True))

    assert [one["status"] for one in (plain, preview)] == ["RUNNING", "WAITING"]
    assert [len(one["childrenSpans"]) for one in (plain, preview)] == [1, 0]


def test_a_wait_that_was_no_request_has_an_id() -> None:
    """Each line has an id of sixteen digits, though a sleep that is over leads to no request."""

    async def scene(stage: Stage) -> None:
        root = await traced(stage, preview=False)
        await stage.clock.turn(400_000)
        again = await ask(stage, LINES, id=stage.runs("go")[0].id)

        assert {len(line["spanID"]) for line in (root, *again["trace"]["childrenSpans"])} == {16}

    play(scene, function("go"), app=App(go=ASLEEP))


def test_a_retry_that_is_to_come_has_not_begun() -> None:
    """After a failure the next request is announced: it is queued, has no start and leads to no output."""
    failed, announced = line(FAILING, preview=False)["childrenSpans"]

    assert (failed["status"], failed["stepID"]) == ("FAILED", "s")
    assert (announced["status"], announced["spanID"]) == ("QUEUED", "queued")
    assert (announced["startedAt"], announced["outputID"]) == (None, None)


def test_lines_name_their_place() -> None:
    """Each line names the one above it; in the preview it has a group and a type, too."""

    async def scene(stage: Stage) -> None:
        root = await traced(stage, preview=True)
        [step] = root["childrenSpans"]

        assert (root["parentSpanID"], step["parentSpanID"]) == ("0" * 16, root["spanID"])
        assert {attempt["parentSpanID"] for attempt in step["childrenSpans"]} == {step["spanID"]}
        assert {attempt["groupID"] for attempt in step["childrenSpans"]} == {step["groupID"]} != {None}

    play(scene, function("go"), app=App(go=FAILING))


BROKEN = {
    "x": "error parsing span identifier: illegal base64 data at input byte 0",
    "eyI*": "error parsing span identifier: illegal base64 data at input byte 3",
    "e30=": "traceID is required to retrieve output",
    "eyJ0aWQiOiJ4In0=": "spanID is required to retrieve output",
    "eyJ0aWQiOiJ4Iiwic2lkIjoieSJ9": "no output found",
}


@pytest.mark.parametrize("output_id", BROKEN)
def test_an_output_that_is_not_there_is_refused(output_id: str) -> None:
    """An id of an output that can't be read, says too little or leads nowhere is refused in the real words."""

    async def scene(stage: Stage) -> None:
        query = "query($id: String!){ runTraceSpanOutputByID(outputID: $id) { data } }"

        assert await refused(stage, query, id=output_id) == BROKEN[output_id]

    play(scene)
