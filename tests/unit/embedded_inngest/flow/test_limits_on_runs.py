"""Limits on runs, each of which counts from its first request to its end; v1.43.0 was seen to do so."""

import pytest

from tests.unit.embedded_inngest.flow.held_app import Stage, play
from tests.unit.embedded_inngest.test_state_runs import operation

PER_K = {"limit": 1, "key": "event.data.k"}
ONE_RUN = {"fn": [{"limit": 1}]}


def test_a_run_holds_its_place_until_it_ends() -> None:
    """A limit on runs lets the next one begin only when one has ended, whatever it waits for."""

    async def scenario(stage: Stage) -> None:
        stage.register(go={"concurrency": ONE_RUN})
        await stage.send("go", "a", "b")
        await stage.app.do_step("a", operation("Sleep", "s", opts={"duration": "1h"}))
        assert stage.app.open == []
        await stage.clock.turn(3600)
        await stage.app.answer("a")
        assert stage.app.open == ["b"]

    play(scenario)


def test_runs_count_by_their_key() -> None:
    """A limit on runs with a key counts those apart whose events differ in it."""

    async def scenario(stage: Stage) -> None:
        stage.register(go={"concurrency": {"fn": [PER_K]}})
        await stage.send("go", "a", "b", k=1)
        await stage.send("go", "c", k=2)
        assert stage.app.open == ["a", "c"]

    play(scenario)


def test_cancelling_a_run_that_waits_for_its_beginning_lets_one_too_many_begin() -> None:
    """The real server gives back a place that the run never had."""

    async def scenario(stage: Stage) -> None:
        stage.register(go={"concurrency": ONE_RUN})
        await stage.send("go", "a", "b", "c", "d")
        stage.cancel("b")
        await stage.clock.turn(0)
        assert stage.app.open == ["a", "c"]

    play(scenario)


@pytest.mark.parametrize(("retry_after", "asked"), [("4", ["a", "a"]), ("6", ["a"])])
def test_a_late_retry_of_the_first_request_takes_a_second_place(retry_after: str, asked: list[str]) -> None:
    """The real server forgets after five seconds that a run has its place: alone in it, it waits for itself."""

    async def scenario(stage: Stage) -> None:
        stage.register(go={"concurrency": ONE_RUN})
        await stage.send("go", "a")
        await stage.app.answer("a", status=500, retry_after=retry_after)
        await stage.clock.turn(60)
        assert stage.app.asked == asked

    play(scenario)
