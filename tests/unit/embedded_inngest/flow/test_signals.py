"""Signals: who waits for one gets it, whoever else waits for the same one does not."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from embedded_inngest.traces import trace
from tests.unit.embedded_inngest.flow.staged import App, Stage, function, play, play_on

CONFLICT = "Signal conflict; signal wait already exists for another run"
GO, OTHER = function("go"), function("other")


class Waiting(App):
    """An app whose functions wait for the signal `ready`, and then return what came."""

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self._options = {"signal": "ready", **options}

    def answer(self, name: str, steps: dict[str, Any]) -> tuple[int, Any]:
        """Wait for the signal, then return what came."""
        assert name in {"go", "other"}
        waiting = {"op": "WaitForSignal", "id": "s", "name": "s", "displayName": "s", "opts": self._options}
        return (200, steps["s"]) if "s" in steps else (206, [waiting])


async def signal(stage: Stage, **body: Any) -> tuple[int, Any]:
    """Send a signal, by default the one that is waited for."""
    return await stage.ask("POST", "/v1/signals", {"signal": "ready", **body})


async def waiting(stage: Stage) -> None:
    """Let `go` wait."""
    await stage.send("go")


def test_the_step_that_waits_gets_the_signal_and_its_data() -> None:
    """A signal resumes its run, whose id is told to the sender; nobody waits for it afterwards."""

    async def scene(stage: Stage) -> None:
        await waiting(stage)
        status, body = await signal(stage, data={"a": [1]})
        assert (status, body["data"]) == (200, {"run_id": stage.runs("go")[0].id})
        assert (await signal(stage))[0] == 404

    [run] = play(scene, GO, app=Waiting()).runs("go")

    assert (run.status, orjson.loads(run.output or "")) == (
        "COMPLETED",
        {"data": {"signal": "ready", "data": {"a": [1]}}},
    )


def test_a_signal_that_does_not_come_is_null() -> None:
    """After its timeout the step is done with null, and the signal finds nobody."""

    async def scene(stage: Stage) -> None:
        await waiting(stage)
        await stage.clock.turn(11)
        assert (await signal(stage))[0] == 404

    [run] = play(scene, GO, app=Waiting(timeout="10s")).runs("go")

    assert (run.status, run.output) == ("COMPLETED", "null")


def test_a_wait_without_a_timeout_is_long() -> None:
    """Who does not say for how long waits for a year."""

    async def scene(stage: Stage) -> None:
        await waiting(stage)
        await stage.clock.turn(364 * 24 * 3600)

    assert play(scene, GO, app=Waiting()).statuses("go") == ["RUNNING"]


def test_a_second_wait_for_the_same_signal_fails_its_run() -> None:
    """The first step keeps its signal, and the run that wants it too fails at once."""

    async def scene(stage: Stage) -> None:
        await waiting(stage)
        await stage.send("other")
        await signal(stage)

    stage = play(scene, GO, OTHER, app=Waiting())

    [failed] = stage.runs("other")
    error = {"error": f"Error: {CONFLICT}", "name": "Error", "message": CONFLICT}
    assert stage.statuses("go") == ["COMPLETED"]
    assert (failed.status, orjson.loads(failed.output or "")) == ("FAILED", {"error": error})


def test_a_wait_that_replaces_another_takes_its_signal() -> None:
    """The signal comes to the step that asked for it last, and the first one waits for its timeout."""

    async def scene(stage: Stage) -> None:
        await waiting(stage)
        await stage.clock.turn(1)
        await stage.send("other")
        await signal(stage)
        assert (stage.statuses("go"), stage.statuses("other")) == (["RUNNING"], ["COMPLETED"])
        await stage.clock.turn(10)

    stage = play(scene, GO, OTHER, app=Waiting(timeout="10s", conflict="replace"))

    assert [run.output for run in stage.runs("go")] == ["null"]


def test_a_wait_that_was_replaced_takes_nothing_along_when_it_ends() -> None:
    """The signal still comes to the step that asked for it last after the first one has timed out."""

    async def scene(stage: Stage) -> None:
        await waiting(stage)
        await stage.clock.turn(5)
        await stage.send("other")
        await stage.clock.turn(6)
        assert (await signal(stage))[0] == 200

    assert play(scene, GO, OTHER, app=Waiting(timeout="10s", conflict="replace")).statuses("other") == ["COMPLETED"]


def test_a_wait_that_is_reported_again_is_no_conflict() -> None:
    """An app that says once more what it waits for goes on waiting."""
    race = {"parallelMode": "race"}
    wait = {"op": "WaitForSignal", "id": "s", "name": "s", "opts": {"signal": "ready", **race}}
    nap = {"op": "Sleep", "id": "nap", "name": "5s", "opts": race}

    class Racing(App):
        def answer(self, name: str, steps: dict[str, Any]) -> tuple[int, Any]:
            return (200, name) if "s" in steps else (206, [wait] if "nap" in steps else [wait, nap])

    app = Racing()

    async def scene(stage: Stage) -> None:
        await waiting(stage)
        await stage.clock.turn(6)
        assert (stage.statuses("go"), len(app.asked)) == (["RUNNING"], 2)
        await signal(stage)

    assert play(scene, GO, app=app).statuses("go") == ["COMPLETED"]


@pytest.mark.parametrize("options", [{"signal": ""}, {"timeout": "banana"}])
def test_a_wait_that_cannot_be_read_is_asked_for_again(options: dict[str, Any]) -> None:
    """An answer without a signal's name, or with a timeout that is none, is asked for again, whatever the retries."""
    app = Waiting(**options)

    async def scene(stage: Stage) -> None:
        await waiting(stage)
        await stage.clock.turn(1)

    assert play(scene, function("go", retries=0), app=app).statuses("go") == ["RUNNING"]
    assert len(app.asked) == 2


def test_the_trace_shows_what_is_waited_for() -> None:
    """A wait for a signal has a line with its name, its timeout and how it ended."""

    async def scene(stage: Stage) -> None:
        await waiting(stage)
        await signal(stage)

    stage = play(scene, GO, app=Waiting(timeout="1m"))

    line = trace(stage.runs("go")[0], stage.engine.options.release, preview=False)["childrenSpans"][0]
    assert (line["stepOp"], line["status"]) == ("WAIT_FOR_SIGNAL", "COMPLETED")
    assert line["stepInfo"] == {
        "__typename": "WaitForSignalStepInfo",
        "signal": "ready",
        "timeout": "1970-01-01T00:17:40Z",
        "timedOut": False,
    }


def test_a_signal_comes_after_a_restart(tmp_path: Path) -> None:
    """What a run waits for outlives the engine, and so does that another one has taken its place."""

    async def both(stage: Stage) -> None:
        await stage.send("other")
        await waiting(stage)
        await stage.send("other")

    async def signalled(stage: Stage) -> None:
        await signal(stage)

    app = Waiting(conflict="replace")
    play_on(tmp_path, both, GO, OTHER, app=app)
    stage = play_on(tmp_path, signalled, app=app)

    assert (stage.statuses("go"), stage.statuses("other")) == (["RUNNING"], ["RUNNING", "COMPLETED"])


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b"", 400, "Invalid signal data"),
        (b"[1]", 400, "Invalid signal data"),
        (b'{"signal": 5}', 400, "Invalid signal data"),
        (b"{}", 500, "Failed to receive signal"),
        (b'{"SIGNAL": "unknown"}', 404, "No signal found"),
    ],
)
def test_what_is_no_signal_is_refused(body: bytes, status: int, error: str) -> None:
    """The route answers in the words of the real server."""

    async def scene(stage: Stage) -> None:
        answer = await stage.ask("POST", "/v1/signals", body)
        assert answer == (status, {"error": error, "data": None, "status": status})

    assert play(scene, GO).runs("go") == []
