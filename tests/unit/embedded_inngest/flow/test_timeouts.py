"""Timeouts: runs that wait too long for their start, or take too long to their end."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from embedded_inngest.release import V0_29
from tests.unit.embedded_inngest.flow.staged import ASLEEP, App, Stage, function, play, play_on

HOUR = 3600.0


def go(**timeouts: Any) -> dict[str, Any]:
    """Return a function with timeouts."""
    return function("go", timeouts=timeouts)


async def start_in_an_hour(stage: Stage) -> None:
    """Send an event that lies an hour in the future."""
    await stage.send("go", ts=int((stage.clock.now() + HOUR) * 1000))


@pytest.mark.parametrize(("timeout", "statuses"), [("59m", ["CANCELLED"]), ("61m", ["COMPLETED"])])
def test_a_run_that_does_not_start_in_time_is_cancelled(timeout: str, statuses: list[str]) -> None:
    """A run that waits for its time longer than `start` allows is never called."""
    app = App()

    async def scene(stage: Stage) -> None:
        await start_in_an_hour(stage)
        await stage.clock.turn(HOUR - 30)
        await stage.clock.turn(60)

    assert play(scene, go(start=timeout), app=app).statuses("go") == statuses
    assert len(app.asked) == statuses.count("COMPLETED")


def test_the_start_is_over_once_a_run_has_started() -> None:
    """A run that started in time may go on after the timeout of its start."""

    async def scene(stage: Stage) -> None:
        await stage.send("go")
        await stage.clock.turn(HOUR)

    assert play(scene, go(start="1m"), app=App(go=ASLEEP)).statuses("go") == ["RUNNING"]


@pytest.mark.parametrize("answer", [ASLEEP, (500, "again")])
def test_a_run_that_takes_too_long_is_cancelled_at_once(answer: tuple[int, Any]) -> None:
    """Whether it sleeps or tries again: a run ends when the time of `finish` is over, counted from its start."""

    async def scene(stage: Stage) -> None:
        await stage.send("go")
        await stage.clock.turn(0.4)
        assert stage.statuses("go") == ["RUNNING"]
        await stage.clock.turn(0.2)

    stage = play(scene, go(finish="500ms"), app=App(go=answer))

    assert stage.statuses("go") == ["CANCELLED"]
    assert stage.events("inngest/function.cancelled")[0]["data"]["_inngest"] == {"status": "Cancelled"}


class Slow(App):
    """An app that answers when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.may_answer = asyncio.Event()

    async def thinking(self, name: str) -> None:
        """Wait until it may answer."""
        assert name == "go"
        await self.may_answer.wait()


def test_an_answer_that_comes_after_the_end_is_dropped() -> None:
    """A request under way is not cut when the time is over, and its answer counts no more."""
    app = Slow()

    async def scene(stage: Stage) -> None:
        await stage.send("go")
        await stage.clock.turn(2)
        app.may_answer.set()
        await stage.clock.turn(1)

    [run] = play(scene, go(finish="1s"), app=app).runs("go")

    assert (run.status, run.output, app.asked) == ("CANCELLED", None, ["go"])


@pytest.mark.parametrize("timeout", ["banana", "", "-5s", "2030-01-01T00:00:00Z"])
def test_a_timeout_that_is_no_duration_is_none(timeout: str) -> None:
    """The real server takes any text, and only heeds one that it can read."""

    async def scene(stage: Stage) -> None:
        await start_in_an_hour(stage)
        await stage.clock.turn(HOUR)

    assert play(scene, go(start=timeout, finish=timeout)).statuses("go") == ["COMPLETED"]


@pytest.mark.parametrize("timeouts", [{"start": 10**9}, {"finish": 10**9}])
def test_the_older_release_ends_a_run_before_its_next_call(timeouts: dict[str, int]) -> None:
    """There a timeout, in nanoseconds, waits for the end of the sleep, and that of the start counts after it, too."""
    app = App(go=(206, [{"op": "Sleep", "id": "nap", "name": "5s", "displayName": "nap"}]))

    async def scene(stage: Stage) -> None:
        await stage.send("go")
        await stage.clock.turn(4)
        assert stage.statuses("go") == ["RUNNING"]
        await stage.clock.turn(2)

    assert play(scene, go(**timeouts), app=app, release=V0_29).statuses("go") == ["CANCELLED"]
    assert app.asked == ["go"]


def test_a_function_that_registers_more_time_gives_it_to_runs_under_way() -> None:
    """The timeout that counts is the one that is registered when it comes up."""

    async def scene(stage: Stage) -> None:
        await stage.send("go")
        stage.register(go(finish="3m"))
        await stage.clock.turn(61)
        assert stage.statuses("go") == ["RUNNING"]
        await stage.clock.turn(120)

    assert play(scene, go(finish="1m"), app=App(go=ASLEEP)).statuses("go") == ["CANCELLED"]


def test_an_engine_that_has_ended_ends_no_run() -> None:
    """Once the engine has stopped, no timeout comes up any more, when nothing could be kept of it."""

    async def scene(stage: Stage) -> None:
        await stage.send("go")
        await stage.engine.stop()
        await stage.clock.turn(2)

    assert play(scene, go(finish="1s"), app=App(go=ASLEEP)).statuses("go") == ["RUNNING"]


@pytest.mark.parametrize(("at", "status"), [(1030.0, "RUNNING"), (1061.0, "CANCELLED")])
def test_time_goes_on_while_the_engine_is_down(tmp_path: Path, at: float, status: str) -> None:
    """A restarted engine ends a run whose time was over meanwhile, and counts on from its start else."""

    async def begin(stage: Stage) -> None:
        await stage.send("go")

    async def look(stage: Stage) -> None:
        await stage.clock.turn(0)

    play_on(tmp_path, begin, go(finish="1m"), app=App(go=ASLEEP))

    assert play_on(tmp_path, look, at=at).statuses("go") == [status]


def test_a_start_that_came_too_late_after_a_restart_is_none(tmp_path: Path) -> None:
    """A run that is both due and too late when the engine is back is cancelled and not called."""
    app = App()

    async def look(stage: Stage) -> None:
        await stage.clock.turn(0)

    play_on(tmp_path, start_in_an_hour, go(start="1m"))
    stage = play_on(tmp_path, look, app=app, at=1000 + 2 * HOUR)

    assert (stage.statuses("go"), app.asked) == (["CANCELLED"], [])
