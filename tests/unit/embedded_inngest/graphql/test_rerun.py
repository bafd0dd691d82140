"""Running again from a step on."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from embedded_inngest.client import Answer
from tests.unit.embedded_inngest.flow.staged import DONE, App, Stage, function, play, play_on
from tests.unit.embedded_inngest.graphql.asking import ask, refused

RERUN = "mutation($id: ULID!, $from: RerunFromStepInput){ rerun(runID: $id, fromStep: $from) }"
GO = function("go", retries=0)
STEPS = ("first", "nap", "bad", "last")


def operation(step: str, steps: dict[str, Any]) -> tuple[int, Any]:
    """Return what the function asks for next; its last step answers its input."""
    kinds: dict[str, dict[str, Any]] = {
        "first": {"op": "StepRun", "data": {"a": 1}},
        "nap": {"op": "Sleep", "name": "5s"},
        "bad": {"op": "StepFailed", "error": {"name": "E", "message": "no"}},
        "last": {"op": "StepRun", "data": steps.get("last", {}).get("input")},
    }
    return 206, [{"id": step, "name": step, "displayName": step.upper(), **kinds[step]}]


class Story(App):
    """An app with a step, a sleep, a step that fails and a last step; keeps what it is told, and may fall silent."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[dict[str, Any]] = []
        self.is_silent = False
        self.wanted: list[str] = []

    async def send(self, _method: str, url: str, *, headers: Mapping[str, str], body: bytes, within: float) -> Answer:
        self.wanted.append(headers["X-Inngest-Step-Id"])
        return await super().send(_method, url, headers=headers, body=body, within=within)

    async def thinking(self, name: str) -> None:
        assert name == "go"
        if self.is_silent:
            await asyncio.get_running_loop().create_future()

    def answer(self, name: str, steps: dict[str, Any]) -> tuple[int, Any]:
        assert name == "go"
        self.told.append(steps)
        to_do = next((step for step in STEPS if step not in steps or "input" in (steps[step] or {})), None)
        return DONE if to_do is None else operation(to_do, steps)


async def a_run(stage: Stage) -> str:
    """Let a run happen from its beginning to its end, and return its id."""
    await stage.send("go")
    await stage.clock.turn(5)
    [run] = stage.runs("go")
    assert run.status == "COMPLETED"
    return run.id


AGAIN: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a step by its id": ({"stepID": "last"}, {"first": {"data": {"a": 1}}, "nap": None}),
    "a step by its name": ({"stepID": "LAST"}, {"first": {"data": {"a": 1}}, "nap": None}),
    "the first step": ({"stepID": "first"}, {}),
    "a sleep": ({"stepID": "nap"}, {"first": {"data": {"a": 1}}}),
    "with another input": ({"stepID": "last", "input": "[7]"}, {"nap": None, "last": {"input": [7]}}),
}


@pytest.mark.parametrize("case", AGAIN)
def test_a_run_begins_again_at_a_step(case: str) -> None:
    """The first request of the new run knows the results of the steps before, its input, and nothing behind it."""
    wanted, known = AGAIN[case]
    app = Story()

    async def scene(stage: Stage) -> None:
        run_id = await a_run(stage)
        app.told.clear()
        await ask(stage, RERUN, id=run_id, **{"from": wanted})
        await stage.clock.turn(5)

    stage = play(scene, GO, app=app)

    first = app.told[0]
    behind = STEPS[STEPS.index(wanted["stepID"].lower()) :]
    assert {step: first[step] for step in known} == known
    assert [step for step in behind if step in first and "input" not in first[step]] == []
    assert stage.statuses("go") == ["COMPLETED", "COMPLETED"]


@pytest.mark.parametrize(("step", "wanted"), [("first", "first"), ("last", "last"), ("nap", "step"), ("bad", "step")])
def test_a_step_that_succeeded_is_asked_for_itself(step: str, wanted: str) -> None:
    """A step that was run and succeeded is asked for by its id, else the function is asked what comes next."""
    app = Story()

    async def scene(stage: Stage) -> None:
        run_id = await a_run(stage)
        app.wanted.clear()
        await ask(stage, RERUN, id=run_id, **{"from": {"stepID": step}})

    play(scene, GO, app=app)

    assert app.wanted[0] == wanted


def test_a_step_that_failed_has_failed_before_the_step_that_is_run_again() -> None:
    """The error of an earlier step is memoised as an error, with the fields that it had."""
    app = Story()

    async def scene(stage: Stage) -> None:
        run_id = await a_run(stage)
        app.told.clear()
        await ask(stage, RERUN, id=run_id, **{"from": {"stepID": "last"}})

    play(scene, GO, app=app)

    assert app.told[0]["bad"] == {"error": {"name": "E", "message": "no"}}


def test_a_run_of_a_run_goes_back_to_the_first_one() -> None:
    """What a rerun did not do itself is taken from the run that came first."""
    app = Story()

    async def scene(stage: Stage) -> None:
        second = await ask(stage, RERUN, id=await a_run(stage), **{"from": {"stepID": "last"}})
        app.told.clear()
        await ask(stage, RERUN, id=second, **{"from": {"stepID": "bad"}})

    play(scene, GO, app=app)

    assert app.told[0] == {"first": {"data": {"a": 1}}, "nap": None}


def test_where_a_run_begins_outlives_a_restart(tmp_path: Path) -> None:
    """A rerun that was told of and not begun begins in the next engine with the same steps and the same input."""
    app = Story()

    async def ask_and_die(stage: Stage) -> None:
        run_id = await a_run(stage)
        app.is_silent = True
        await ask(stage, RERUN, id=run_id, **{"from": {"stepID": "last", "input": "[7]"}})

    async def go_on(stage: Stage) -> None:
        await stage.clock.turn(5)

    play_on(tmp_path, ask_and_die, GO, app=app)
    later = Story()
    play_on(tmp_path, go_on, app=later, at=2000.0)

    assert later.told[0]["last"] == {"input": [7]}
    assert later.told[0]["first"] == {"data": {"a": 1}}


REFUSED = {
    "a step that is none": ({"stepID": "nope"}, "error reconstructing input state: rerun step not found"),
    "an input that is no list": ({"stepID": "last", "input": "7"}, "input is not a valid JSON array"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_can_not_be_run_again_is_refused(case: str) -> None:
    """An unknown step and an input that is no JSON array start nothing."""
    wanted, complaint = REFUSED[case]
    said: list[str] = []

    async def scene(stage: Stage) -> None:
        said.append(await refused(stage, RERUN, id=await a_run(stage), **{"from": wanted}))

    stage = play(scene, GO, app=Story())

    assert said == [complaint]
    assert len(stage.runs("go")) == 1
