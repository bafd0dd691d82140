"""Functions that are given several events at once."""

from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from embedded_inngest.release import V0_29
from tests.unit.embedded_inngest.flow.scene import Scene, play

THREE = {"maxSize": 3, "timeout": "2s"}


def test_a_full_batch_starts_at_once() -> None:
    """Three events make one run, with all of them in their order; the fourth waits for others."""

    async def flurry(scene: Scene) -> None:
        for number in range(4):
            scene.send(n=number)
        await scene.turn(1.9)

    scene = play(flurry, batchEvents=THREE)

    assert scene.started == [[0, 1, 2]]
    assert scene.app.asked[0]["event"] == scene.app.asked[0]["events"][0]


def test_the_first_event_does_not_wait_for_ever() -> None:
    """A batch that does not fill up starts when the first event has waited for the timeout."""

    async def trickle(scene: Scene) -> None:
        scene.send(n=0)
        await scene.turn(1.5)
        scene.send(n=1)
        await scene.turn(0.6)

    assert play(trickle, batchEvents=THREE).started == [[0, 1]]


def test_a_run_knows_its_batch() -> None:
    """A run of a batch has the batch's id, and is found under its first event alone."""
    ids: list[str] = []

    async def flurry(scene: Scene) -> None:
        ids.extend(scene.send(n=number) for number in range(3))
        await scene.turn()

    scene = play(flurry, batchEvents=THREE)

    [run] = scene.runs
    assert ([event.internal_id for event in run.events], len(run.batch_id or "")) == (ids, 26)
    assert [len(scene.engine.state.runs_of_event(event_id)) for event_id in ids] == [1, 0, 0]


def test_a_heavy_batch_starts_early() -> None:
    """Ten mebibytes are a full batch, however many events they are."""

    async def heavy(scene: Scene) -> None:
        for number in range(4):
            scene.send(n=number, text="x" * 2_800_000)
        await scene.turn()

    assert [len(run.events) for run in play(heavy, batchEvents={"maxSize": 9, "timeout": "2s"}).runs] == [4]


def test_the_time_of_an_event_does_not_matter() -> None:
    """A batch starts when it is full, although an event of it lies in the future."""

    async def flurry(scene: Scene) -> None:
        for number in range(3):
            scene.send(n=number, ts=scene.clock.now() + 3600)
        await scene.turn()

    assert play(flurry, batchEvents=THREE).started == [[0, 1, 2]]


def test_a_repeated_event_is_in_the_batch_twice() -> None:
    """The id that a sender gives makes an event start a function once, and says nothing of batches."""

    async def repeating(scene: Scene) -> None:
        for number in range(3):
            scene.send(n=number, id="same")
        await scene.turn()

    assert play(repeating, batchEvents=THREE).started == [[0, 1, 2]]


IF_B = {**THREE, "if": "event.data.b == true"}


async def mixed(scene: Scene) -> None:
    """Send two events for a batch, and between them one that is not."""
    for number in range(3):
        scene.send(n=number, b=number != 1)
    await scene.turn(2)


def test_an_event_that_does_not_meet_the_condition_runs_alone() -> None:
    """It starts a run of its own at once, as if there were no batches."""
    scene = play(mixed, batchEvents=IF_B)

    assert scene.started == [[1], [0, 2]]
    assert [run.batch_id is None for run in scene.runs] == [True, False]


def test_the_older_release_knows_no_conditions() -> None:
    """In v0.29.9 every event belongs into the batch."""
    assert play(mixed, release=V0_29, batchEvents=IF_B).started == [[0, 1, 2]]


def test_all_who_invoked_hear_of_the_end() -> None:
    """Two runs that invoke the function get into one batch, and each gets its result."""

    async def invoking(scene: Scene) -> None:
        scene.send("invoker", invoke="go", n=0)
        scene.send("invoker", invoke="go", n=1)
        await scene.turn(2)

    scene = play(invoking, batchEvents=THREE)

    outputs = [run.output for run in scene.engine.state.newest_runs() if run.function.slug == "invoker"]
    assert len(scene.runs) == 1
    assert [orjson.loads(output or "") for output in outputs] == [{"i": {"data": "done"}}] * 2


MOMENTS = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from([0, 0, 0.3, 1, 3]), st.booleans()), max_size=25)


@settings(max_examples=25, deadline=None)
@given(MOMENTS, st.integers(2, 4))
def test_nothing_is_lost_and_nothing_comes_twice(moments: list[tuple[str, float, bool]], size: int) -> None:
    """Whatever the pauses, and wherever the engine is killed, each event of a key is in one batch, in its order."""

    async def living(scene: Scene) -> None:
        for number, (key, pause, killed) in enumerate(moments):
            scene.send(n=number, k=key)
            await scene.turn(pause)
            if killed:
                await scene.kill()
        await scene.turn(2)

    with TemporaryDirectory() as folder:
        options = {"maxSize": size, "timeout": "2s", "key": "event.data.k"}
        scene = play(living, folder=Path(folder), batchEvents=options)

    gathered: dict[str, list[int]] = defaultdict(list)
    for batch in scene.started:
        gathered[moments[batch[0]][0]] += batch
        assert len(batch) <= size
    assert gathered == {
        key: numbers for key in "ab" if (numbers := [n for n, moment in enumerate(moments) if moment[0] == key])
    }
