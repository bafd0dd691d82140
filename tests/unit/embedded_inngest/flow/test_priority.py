"""Priorities of runs, in an engine whose requests the test answers; v1.43.0 was seen to do so."""

from typing import Any

import pytest

from embedded_inngest.errors import PublicError
from tests.unit.embedded_inngest.flow.held_app import Stage, play
from tests.unit.embedded_inngest.test_state_runs import operation

BY_LEVEL = {"run": "event.data.level == 'high' ? 60 : (event.data.level == 'low' ? -5 : 0)"}


def test_a_run_of_higher_priority_comes_first() -> None:
    """Of the runs that wait for room the next is the one that is oldest once its priority is added."""

    async def scenario(stage: Stage) -> None:
        stage.register(go={"concurrency": 1, "priority": BY_LEVEL})
        await stage.send("go", "first", "usual")
        await stage.send("go", "urgent", level="high")
        await stage.app.answer("first")
        await stage.app.answer("urgent")
        assert stage.app.asked == ["first", "urgent", "usual"]

    play(scenario)


def test_a_run_older_than_the_priority_of_another_comes_first() -> None:
    """Sixty seconds of priority are no help against somebody who came sixty-one earlier."""

    async def scenario(stage: Stage) -> None:
        stage.register(go={"concurrency": 1, "priority": BY_LEVEL})
        await stage.send("go", "first", "old")
        await stage.clock.turn(61)
        await stage.send("go", "urgent", level="high")
        await stage.app.answer("first")
        assert stage.app.open == ["old"]

    play(scenario)


def test_priority_counts_without_limits_too() -> None:
    """When there are more runs than workers the one of higher priority gets the next one."""

    async def scenario(stage: Stage) -> None:
        stage.register(go={"priority": BY_LEVEL})
        await stage.send("go", *(str(number) for number in range(101)))
        await stage.send("go", "urgent", level="high")
        await stage.app.answer("0")
        assert stage.app.asked[100:] == ["urgent"]

    play(scenario)


def test_a_negative_priority_puts_off_every_request() -> None:
    """Each request of a run comes later by so many seconds, though nobody else waits."""

    async def scenario(stage: Stage) -> None:
        stage.register(go={"priority": BY_LEVEL})
        await stage.send("go", "a", level="low")
        await stage.clock.turn(4.9)
        assert stage.app.asked == []
        await stage.clock.turn(0.1)
        await stage.app.do_step("a", operation("StepRun", "s", data=1))
        await stage.clock.turn(4.9)
        assert stage.app.asked == ["a"]
        await stage.clock.turn(0.1)
        assert stage.app.asked == ["a", "a"]

    play(scenario)


def test_what_is_put_off_gives_its_place_back_once() -> None:
    """A request that held its place while it was put off, and then failed, leaves nothing to give back."""

    async def scenario(stage: Stage) -> None:
        stage.register(go={"concurrency": 1, "priority": BY_LEVEL})
        await stage.send("go", "a", level="low")
        await stage.clock.turn(5)
        await stage.app.do_step("a", operation("StepRun", "s", data=1))
        await stage.send("go", "b", "c")
        assert stage.app.open == []
        await stage.clock.turn(5)
        await stage.app.answer("a", status=500)
        stage.cancel("a")
        await stage.clock.turn(0)
        assert stage.app.open == ["b"]

    play(scenario)


NOT_WHOLE: list[Any] = [100, 2.5, "100", None, True, [1]]


@pytest.mark.parametrize("given", NOT_WHOLE, ids=repr)
def test_a_priority_that_is_no_whole_number_is_none(given: Any) -> None:
    """Numbers of events are fractions to the server, so that none of them alone is a priority."""
    assert _priority("event.data.x", x=given) == 0


@pytest.mark.parametrize(
    ("expression", "expected"),
    [("int(event.data.x)", 7), ("10 * 10", 100), ("1000000", 43200), ("-1000000", -43200), ("event.data.x.y", 0)],
)
def test_a_priority_is_bounded_by_twelve_hours(expression: str, expected: int) -> None:
    """A whole number is taken as it is, up to twelve hours in either direction."""
    assert _priority(expression, x="7") == expected


def test_a_priority_that_can_not_be_read_is_refused() -> None:
    """A function whose priority is no expression is not registered, as on the real server."""

    async def scenario(stage: Stage) -> None:
        with pytest.raises(PublicError):
            stage.register(go={"priority": {"run": "((("}})

    play(scenario)


def _priority(expression: str, **data: Any) -> int:
    """Return the priority of a run whose event has the data."""
    found: list[int] = []

    async def scenario(stage: Stage) -> None:
        stage.register(go={"priority": {"run": expression}})
        await stage.send("go", "a", **data)
        found.extend(run.priority for run in stage.engine.state.newest_runs())

    play(scenario)
    return found[0]
