"""cancelOn: which events end which runs, and what is left of them."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from embedded_inngest.errors import PublicError
from embedded_inngest.release import V0_29, V1_43, Release
from tests.unit.embedded_inngest.flow.staged import ASLEEP, App, Stage, function, play, play_on
from tests.unit.embedded_inngest.turned_clock import settled

SAME_KEY = "event.data.k == async.data.k"


def go(**cancel: Any) -> dict[str, Any]:
    """Return a function that an event of the name `stop` ends."""
    return function("go", cancel=[{"event": "stop", **cancel}])


def sleeper() -> App:
    """Return an app whose `go` sleeps for days."""
    return App(go=ASLEEP)


def test_an_event_ends_the_runs_that_its_condition_names() -> None:
    """Of two sleeping runs the event ends the one whose trigger has its key, and the other one sleeps on."""

    async def scene(stage: Stage) -> None:
        for key in (1, 2):
            await stage.send("go", data={"k": key})
        await stage.clock.turn(1)
        await stage.send("stop", data={"k": 2})

    stage = play(scene, go(**{"if": SAME_KEY}), app=sleeper())

    assert stage.statuses("go") == ["RUNNING", "CANCELLED"]


def test_what_a_cancelled_run_had_to_do_is_forgotten() -> None:
    """When its sleep would be over a cancelled run is not called again, and nothing of it is queued."""
    app = sleeper()

    async def scene(stage: Stage) -> None:
        await stage.send("go")
        await stage.clock.turn(1)
        await stage.send("stop")
        assert stage.engine.queue.jobs_of(stage.runs("go")[0].id) == []
        await stage.clock.turn(400 * 3600)

    play(scene, go(), app=app)

    assert app.asked == ["go"]


def test_whoever_waits_for_the_end_is_told_that_it_was_cancelled() -> None:
    """A cancelled run sends `finished` and `cancelled`, the latter under its own id, and no `failed`."""

    async def scene(stage: Stage) -> None:
        await stage.send("go")
        await stage.clock.turn(1)
        await stage.send("stop")

    stage = play(scene, go(), app=sleeper())

    [finished], [cancelled] = stage.events("inngest/function.finished"), stage.events("inngest/function.cancelled")
    assert finished["data"] == cancelled["data"]
    assert (finished["data"]["_inngest"], cancelled["id"]) == ({"status": "Cancelled"}, stage.runs("go")[0].id)
    assert stage.events("inngest/function.failed") == []


def test_the_event_that_starts_a_run_does_not_end_it() -> None:
    """A function that is ended by its own trigger is ended by the next one, which starts another run."""

    async def scene(stage: Stage) -> None:
        for _ in range(2):
            await stage.send("go")
            await stage.clock.turn(1)

    stage = play(scene, function("go", cancel=[{"event": "go"}]), app=sleeper())

    assert stage.statuses("go") == ["CANCELLED", "RUNNING"]


def test_an_event_that_is_older_than_the_run_does_not_end_it() -> None:
    """An event whose internal id came before the run's counts as one that was sent before it."""

    async def scene(stage: Stage) -> None:
        early = stage.engine.ids.ulid()
        await stage.clock.turn(1)
        await stage.send("go")
        stage.engine.runner.accept({"name": "stop"}, early)
        await settled()

    assert play(scene, go(), app=sleeper()).statuses("go") == ["RUNNING"]


@pytest.mark.parametrize(("later", "status"), [(59, "CANCELLED"), (61, "RUNNING")])
def test_events_end_a_run_until_the_timeout(later: float, status: str) -> None:
    """An event that comes after the timeout of its `cancelOn` ends nothing."""

    async def scene(stage: Stage) -> None:
        await stage.send("go")
        await stage.clock.turn(later)
        await stage.send("stop")

    assert play(scene, go(timeout="1m"), app=sleeper()).statuses("go") == [status]


def test_a_timeout_that_cannot_be_read_lets_no_run_begin() -> None:
    """The function registers, and an event that should start it leaves no run behind."""

    async def scene(stage: Stage) -> None:
        await stage.send("go")

    assert play(scene, go(timeout="banana")).statuses("go") == []


def test_the_end_of_another_run_can_end_a_run() -> None:
    """Events that the server itself sends end runs as well."""

    async def scene(stage: Stage) -> None:
        await stage.send("go")
        await stage.clock.turn(1)
        await stage.send("other")

    cancelled_by_ends = function("go", cancel=[{"event": "inngest/function.finished"}])

    assert play(scene, cancelled_by_ends, function("other"), app=sleeper()).statuses("go") == ["CANCELLED"]


def test_a_run_that_two_events_of_a_moment_end_ends_once() -> None:
    """When the end of one run ends another, which the same event was to end as well, that is told once."""

    async def scene(stage: Stage) -> None:
        for _ in range(2):
            await stage.send("go")
            await stage.clock.turn(1)
        await stage.send("stop")

    by_either = function("go", cancel=[{"event": "stop"}, {"event": "inngest/function.finished"}])
    stage = play(scene, by_either, app=sleeper())

    assert stage.statuses("go") == ["CANCELLED", "CANCELLED"]
    assert len(stage.events("inngest/function.cancelled")) == 2


def test_a_run_waiting_for_its_time_is_ended_too() -> None:
    """A run whose event lies in the future is ended before it has begun, and its function is never called."""
    app = App()

    async def scene(stage: Stage) -> None:
        await stage.send("go", ts=int((stage.clock.now() + 3600) * 1000))
        await stage.clock.turn(1)
        await stage.send("stop")
        await stage.clock.turn(7200)

    assert play(scene, go(), app=app).statuses("go") == ["CANCELLED"]
    assert app.asked == []


def test_who_invoked_a_cancelled_run_gets_the_event_of_its_end() -> None:
    """The step that waits for a cancelled run is done with the whole event, since there is neither result nor error."""
    invoking = {"op": "InvokeFunction", "id": "i", "name": "i", "displayName": "i", "opts": {"function_id": "go"}}

    class Invoker(App):
        def answer(self, name: str, steps: dict[str, Any]) -> tuple[int, Any]:
            return ASLEEP if name == "go" else (200, steps["i"]) if "i" in steps else (206, [invoking])

    async def scene(stage: Stage) -> None:
        await stage.send("outer")
        await stage.clock.turn(1)
        await stage.send("stop")

    stage = play(scene, go(), function("outer"), app=Invoker())

    [outer] = stage.runs("outer")
    assert outer.status == "COMPLETED"
    assert orjson.loads(outer.output or "") == stage.events("inngest/function.finished")[0]


def test_a_run_that_waits_for_its_time_is_shown_as_the_real_server_shows_it() -> None:
    """By itself it is said to run already, in the list to be scheduled; cancelled, it started when it ended."""

    async def scene(stage: Stage) -> None:
        event_id = await stage.send("go", ts=int((stage.clock.now() + 3600) * 1000))
        [run] = stage.runs("go")
        listed = await stage.ask("GET", f"/v1/events/{event_id}/runs")
        alone = await stage.ask("GET", f"/v1/runs/{run.id}")
        assert (listed[1]["data"][0]["status"], alone[1]["data"]["status"]) == ("Scheduled", "Running")
        await stage.clock.turn(1)
        await stage.send("stop")

    [run] = play(scene, go()).runs("go")

    assert run.started_at == run.ended_at == 1001.0


def test_a_run_can_be_ended_after_a_restart(tmp_path: Path) -> None:
    """What ends a run outlives the engine, and its timeout is still counted from the run's begin."""

    async def begin(stage: Stage) -> None:
        for key in (1, 2):
            await stage.send("go", data={"k": key})
            await stage.clock.turn(50)

    async def stop(stage: Stage) -> None:
        for key in (1, 2):
            await stage.send("stop", data={"k": key})

    play_on(tmp_path, begin, go(timeout="1m", **{"if": SAME_KEY}), app=sleeper())
    stage = play_on(tmp_path, stop, app=sleeper(), at=1090.0)

    assert stage.statuses("go") == ["RUNNING", "CANCELLED"]


@pytest.mark.parametrize(("release", "statuses"), [(V1_43, ["CANCELLED"]), (V0_29, ["RUNNING"])])
def test_an_event_that_is_dated_back_ends_a_run_by_its_id_alone(release: Release, statuses: list[str]) -> None:
    """The older release asks when an event says that it happened, the newer one when it came."""

    async def scene(stage: Stage) -> None:
        await stage.send("go")
        await stage.clock.turn(10)
        await stage.send("stop", ts=999_000)

    assert play(scene, go(), app=sleeper(), release=release).statuses("go") == statuses


def test_the_older_release_takes_conditions_that_calculate() -> None:
    """Functions and sums in conditions were taken before they were refused."""

    async def scene(stage: Stage) -> None:
        await stage.send("go", data={"k": "A"})
        await stage.clock.turn(1)
        await stage.send("stop", data={"k": "a!"})

    sums = go(**{"if": "lowercase(event.data.k) + '!' == async.data.k"})

    assert play(scene, sums, app=sleeper(), release=V0_29).statuses("go") == ["CANCELLED"]


REFUSED: dict[str, list[dict[str, Any]]] = {
    "six events": [{"event": f"stop-{number}"} for number in range(6)],
    "no expression": [{"event": "stop", "if": "event.data.k =="}],
    "an empty one": [{"event": "stop", "if": ""}],
    "a function": [{"event": "stop", "if": "lowercase(event.data.k) == async.data.k"}],
    "a method": [{"event": "stop", "if": "async.data.k.startsWith('x')"}],
    "a macro": [{"event": "stop", "if": "[1].exists(one, one == async.data.k)"}],
    "has": [{"event": "stop", "if": "has(async.data.k)"}],
    "a sum": [{"event": "stop", "if": "event.data.k + 1 == async.data.k"}],
    "an unknown name": [{"event": "stop", "if": "foo.bar == 1"}],
}


@pytest.mark.parametrize("what", REFUSED)
def test_conditions_that_do_more_than_compare_are_refused(what: str) -> None:
    """A function with a `cancelOn` that the real server refuses does not register."""

    async def scene(stage: Stage) -> None:
        with pytest.raises(PublicError, match="At least one function is invalid"):
            stage.register(function("go", cancel=REFUSED[what]))

    assert play(scene).statuses("go") == []


@pytest.mark.parametrize(
    "condition", ["async.data.k in [1, -2]", "true ? async.data.k : event.data.k", "int('1') == 1"]
)
def test_conditions_that_compare_are_taken(condition: str) -> None:
    """Lists, choices and conversions of numbers are as good as comparisons."""

    async def scene(stage: Stage) -> None:
        stage.register(go(**{"if": condition}))

    assert play(scene).engine.state.apps.functions()
