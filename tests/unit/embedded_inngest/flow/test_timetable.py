"""Functions that the clock starts: when, with which event, and how often."""

from pathlib import Path
from typing import Any

import pytest

from embedded_inngest.errors import PublicError
from embedded_inngest.graphql.views import Views
from embedded_inngest.release import V0_29
from embedded_inngest.rest_views import run_json
from tests.unit.embedded_inngest.flow.staged import App, Stage, function, play, play_on

MINUTELY = {"cron": "TZ=UTC * * * * *"}
NOON = 12 * 3600.0


def go(*triggers: dict[str, Any]) -> dict[str, Any]:
    """Return a function that the clock starts, every minute unless told otherwise."""
    return function("go", triggers=list(triggers or (MINUTELY,)))


async def two_minutes(stage: Stage) -> None:
    """Let two minutes pass."""
    for _ in range(2):
        await stage.clock.turn(60)


def test_each_time_that_comes_starts_one_run() -> None:
    """A function with a cron trigger runs once a time, with an event that says which it is."""
    stage = play(two_minutes, go(), at=NOON + 10)

    first, second = stage.events("inngest/scheduled.timer")
    assert stage.statuses("go") == ["COMPLETED", "COMPLETED"]
    assert (first["id"], second["id"]) == ("1970-01-01T12:01:00Z", "1970-01-01T12:02:00Z")
    assert first["data"] == {"cron": MINUTELY["cron"], "scheduledAt": first["id"], "fireAt": first["id"]}
    assert first["ts"] == int((NOON + 60) * 1000)


def test_two_triggers_of_the_same_time_start_one_run() -> None:
    """Both send their event, and what starts is one run of the function, while another function has its own."""
    other = function("other", triggers=[MINUTELY])

    async def a_minute(stage: Stage) -> None:
        await stage.clock.turn(60)

    stage = play(a_minute, go(MINUTELY, {"cron": "CRON_TZ=UTC 1 * * * *"}), other, at=NOON)

    assert len(stage.events("inngest/scheduled.timer")) == 3
    assert (len(stage.runs("go")), len(stage.runs("other"))) == (1, 1)


def test_a_run_that_the_clock_started_names_its_expression() -> None:
    """REST and GraphQL show the cron of such a run, and no event name as its trigger."""

    async def a_minute(stage: Stage) -> None:
        await stage.clock.turn(60)

    stage = play(a_minute, go(), at=NOON)
    [run] = stage.runs("go")

    views = Views(stage.engine.state, stage.engine.queue, stage.engine.options.release)
    assert run_json(run, "")["cron"] == views.run(run)["cronSchedule"] == MINUTELY["cron"]
    trigger = views.trigger(run)
    assert (trigger["eventName"], trigger["cron"]) == (None, MINUTELY["cron"])
    assert trigger["timestamp"] == "1970-01-01T12:01:00Z"


def test_a_run_that_an_event_started_names_none() -> None:
    """What an event starts has no cron, although its function has one too."""

    async def scene(stage: Stage) -> None:
        await stage.send("go")

    [run] = play(scene, go(MINUTELY, {"event": "go"}), at=NOON).runs("go")

    assert "cron" not in run_json(run, "")


def test_the_event_of_a_time_starts_other_functions_once() -> None:
    """Whoever listens to timers is started by the first of several events that name the same second."""
    listener = function("listener", triggers=[{"event": "inngest/scheduled.timer"}])

    async def a_minute(stage: Stage) -> None:
        await stage.clock.turn(60)

    stage = play(a_minute, go(), function("other", triggers=[MINUTELY]), listener, at=NOON)

    assert len(stage.runs("listener")) == 1


def test_jitter_puts_the_run_off_and_not_its_time() -> None:
    """The run starts within the jitter, at a moment that the event names, and the event keeps the second as its id."""
    app = App()

    async def scene(stage: Stage) -> None:
        await stage.clock.turn(60)
        await stage.clock.turn(0.9)
        assert app.asked == []
        await stage.clock.turn(299.1)

    stage = play(scene, go({"cron": "TZ=UTC 1 12 * * *", "jitter": "5m"}), app=app, at=NOON)

    [event] = stage.events("inngest/scheduled.timer")
    assert app.asked == ["go"]
    assert (event["id"], event["data"]["scheduledAt"]) == ("1970-01-01T12:01:00Z", "1970-01-01T12:01:00Z")
    assert NOON + 61 <= event["ts"] / 1000 <= NOON + 360
    assert event["data"]["fireAt"] > event["id"]


def test_the_older_release_knows_no_jitter() -> None:
    """There a function starts when it is due, whatever jitter it asks for, and its event names the cron alone."""

    async def a_minute(stage: Stage) -> None:
        await stage.clock.turn(60)

    late = {"cron": "TZ=UTC 1 12 * * *", "jitter": "6h"}
    stage = play(a_minute, go(late), at=NOON, release=V0_29)

    [event] = stage.events("inngest/scheduled.timer")
    assert (event["id"], event["data"]) == ("1970-01-01T12:01:00Z", {"cron": late["cron"]})
    assert stage.statuses("go") == ["COMPLETED"]


def test_a_trigger_that_is_no_longer_registered_starts_nothing() -> None:
    """Who registers without a cron trigger, or another one, is no longer started by the old one."""

    async def scene(stage: Stage) -> None:
        stage.register(go({"cron": "TZ=UTC 5 12 * * *"}))
        await stage.clock.turn(60)
        assert stage.runs("go") == []
        stage.register(go({"event": "go"}))
        await stage.clock.turn(600)

    assert play(scene, go(), at=NOON).runs("go") == []


def test_a_function_that_registers_again_is_not_started_twice() -> None:
    """An app that registers every few seconds does not multiply its times."""

    async def scene(stage: Stage) -> None:
        for retries in (1, 2, 3):
            stage.register({**go(), "retries": retries})
            await stage.clock.turn(20)

    stage = play(scene, go(), at=NOON)

    assert (len(stage.runs("go")), len(stage.events("inngest/scheduled.timer"))) == (1, 1)


def test_a_time_that_a_clock_set_back_put_off_has_not_come() -> None:
    """Where the clock shows less than was waited for, the rest is waited for too."""

    async def scene(stage: Stage) -> None:
        stage.clock.second -= 30
        [timer] = stage.clock.timers
        timer.at -= 30
        await stage.clock.turn(60)
        assert stage.events("inngest/scheduled.timer") == []
        await stage.clock.turn(30)

    assert len(play(scene, go(), at=NOON).runs("go")) == 1


def test_no_function_is_started_once_its_app_is_gone() -> None:
    """An app that is removed takes its times with it."""

    async def scene(stage: Stage) -> None:
        [app] = stage.engine.state.apps
        stage.engine.sync.forget(app)
        await stage.clock.turn(60)

    assert play(scene, go(), at=NOON).runs("go") == []


def test_a_restarted_engine_starts_what_is_still_to_come(tmp_path: Path) -> None:
    """Times outlive the engine: one that had come does not come again, one that passed meanwhile is missed."""

    async def a_minute(stage: Stage) -> None:
        await stage.clock.turn(60)

    play_on(tmp_path, a_minute, go(), at=NOON)
    stage = play_on(tmp_path, a_minute, at=NOON + 60)

    ids = [event["id"] for event in stage.events("inngest/scheduled.timer")]
    assert ids == ["1970-01-01T12:01:00Z", "1970-01-01T12:02:00Z"]
    assert stage.statuses("go") == ["COMPLETED", "COMPLETED"]


def test_a_clock_that_was_set_back_starts_nothing_twice(tmp_path: Path) -> None:
    """A time that comes again by the clock, after a restart, has started its run already."""

    async def a_minute(stage: Stage) -> None:
        await stage.clock.turn(60)

    play_on(tmp_path, a_minute, go(), at=NOON)

    assert len(play_on(tmp_path, a_minute, at=NOON).runs("go")) == 1


REFUSED: dict[str, list[dict[str, Any]]] = {
    "a descriptor": [{"cron": "@hourly"}],
    "an empty one": [{"cron": ""}],
    "a number": [{"cron": 5}],
    "the same twice": [{"cron": "0 * * * *"}, {"cron": "0 * * * *", "jitter": "5s"}],
    "an event beside it": [{"cron": "0 * * * *", "event": "go"}],
    "an expression beside it": [{"cron": "0 * * * *", "expression": "event.data.k"}],
    "jitter without it": [{"event": "go", "jitter": "5s"}],
    "a jitter too small": [{"cron": "0 * * * *", "jitter": "500ms"}],
    "a jitter too large": [{"cron": "0 * * * *", "jitter": "6m"}],
    "a jitter below nothing": [{"cron": "0 * * * *", "jitter": "-5s"}],
    "no jitter": [{"cron": "0 * * * *", "jitter": "soon"}],
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_the_real_server_refuses_does_not_register(what: str) -> None:
    """A function with such triggers is refused, and starts nothing."""

    async def scene(stage: Stage) -> None:
        with pytest.raises(PublicError, match="At least one function is invalid"):
            stage.register(go(*REFUSED[what]))

    assert play(scene).engine.state.apps.functions() == []


@pytest.mark.parametrize("jitter", ["", " ", "1s", "5m"])
def test_a_jitter_of_a_second_to_five_minutes_is_taken(jitter: str) -> None:
    """Jitter at its bounds registers, and so does an empty one, which is none."""

    async def scene(stage: Stage) -> None:
        stage.register(go({"cron": "0 * * * *", "jitter": jitter}))

    assert len(play(scene).engine.state.apps.functions()) == 1
