"""Limits on what is under way when the engine is killed: who had a place has it again, and who waited waits on."""

from pathlib import Path

from embedded_inngest.opcodes import read_operation
from tests.unit.embedded_inngest.flow.held_app import Stage, play
from tests.unit.embedded_inngest.test_state_runs import operation

ONE_RUN = {"fn": [{"limit": 1}]}


def test_what_waits_outlives_a_kill(tmp_path: Path) -> None:
    """Whoever waited for room is still queued in the next engine, in the same order, and no more begin at once."""

    async def first(stage: Stage) -> None:
        stage.register(go={"concurrency": 1})
        await stage.send("go", *"abc")

    async def second(stage: Stage) -> None:
        assert stage.statuses() == {"a": "RUNNING", "b": "QUEUED", "c": "QUEUED"}
        for name in "abc":
            assert stage.app.open == [name]
            await stage.app.answer(name)
        assert set(stage.statuses().values()) == {"COMPLETED"}

    play(first, folder=tmp_path)
    play(second, folder=tmp_path)


def test_what_was_queued_goes_on_in_its_order(tmp_path: Path) -> None:
    """The next engine begins with the first in line, not with the first that it reads."""

    async def first(stage: Stage) -> None:
        stage.register(go={"concurrency": 1, "priority": {"run": "event.data.name == 'urgent' ? 60 : 0"}})
        await stage.send("go", "a", "b", "urgent")

    async def second(stage: Stage) -> None:
        assert stage.app.open == ["urgent"]

    play(first, folder=tmp_path)
    play(second, folder=tmp_path)


def test_a_first_request_under_way_keeps_the_place_of_its_run(tmp_path: Path) -> None:
    """A run that told of a step in its first request makes it again in the next engine, though no place is free."""

    async def first(stage: Stage) -> None:
        stage.register(go={"concurrency": ONE_RUN})
        await stage.send("go", "a")
        [run] = stage.engine.state.newest_runs()
        stage.engine.executor.report(run, read_operation(operation("StepRun", "s", data=1)))
        await stage.send("go", "b")

    async def second(stage: Stage) -> None:
        assert stage.app.open == ["a"]

    play(first, folder=tmp_path)
    play(second, folder=tmp_path)


def test_a_run_keeps_its_place_over_a_kill(tmp_path: Path) -> None:
    """A run that sleeps holds its place among the runs in the next engine too, once."""

    async def first(stage: Stage) -> None:
        stage.register(go={"concurrency": ONE_RUN})
        await stage.send("go", "a", "b")
        await stage.app.do_step("a", operation("Sleep", "s", opts={"duration": "1h"}))

    async def second(stage: Stage) -> None:
        assert stage.app.open == []
        await stage.clock.turn(3600)
        await stage.app.answer("a")
        assert stage.app.open == ["b"]

    play(first, folder=tmp_path)
    play(second, folder=tmp_path)
