"""Functions that wait until their events pause."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedded_inngest.release import V0_29, V1_43, Release
from tests.unit.embedded_inngest.flow.scene import Scene, play

TEN = {"period": "10s"}


def test_the_last_event_runs_after_the_pause() -> None:
    """Of three events within the period the last one starts a run, the period and 1.05 s after it came."""

    async def flurry(scene: Scene) -> None:
        for number in range(3):
            scene.send(n=number)
            await scene.turn(5)
        await scene.turn(6)
        assert scene.started == []
        await scene.turn(0.1)

    assert play(flurry, debounce=TEN).started == [[2]]


def test_the_last_event_is_the_one_with_the_latest_time() -> None:
    """An event whose time is earlier than that of the one that waits changes nothing, not even the end of the wait."""

    async def disordered(scene: Scene) -> None:
        now = scene.clock.now()
        scene.send(n=0, ts=now)
        await scene.turn(5)
        scene.send(n=1, ts=now - 1)
        await scene.turn(6.1)

    assert play(disordered, debounce=TEN).started == [[0]]


def test_an_event_between_pause_and_start_begins_anew() -> None:
    """The second and a bit after the period belongs to nobody: what comes then starts a run of its own."""

    async def late(scene: Scene) -> None:
        scene.send(n=0)
        await scene.turn(10.5)
        scene.send(n=1)
        await scene.turn(11.1)

    assert play(late, debounce=TEN).started == [[0], [1]]


def test_a_timeout_ends_the_wait() -> None:
    """However many events follow, the first one's timeout counts for all, in whole seconds."""

    async def steady(scene: Scene) -> None:
        for number in range(9):
            scene.send(n=number)
            await scene.turn(3)

    assert play(steady, debounce={**TEN, "timeout": "15s"}).started == [[4]]


@pytest.mark.parametrize(("release", "waits"), [(V1_43, 4.05), (V0_29, 11.05)])
def test_a_timeout_below_the_period(release: Release, waits: float) -> None:
    """A timeout that is shorter than the period ends the first event's wait already, but not in v0.29.9."""

    async def alone(scene: Scene) -> None:
        scene.send(n=0)
        await scene.turn(waits - 0.01)
        assert scene.started == []
        await scene.turn(0.02)

    assert play(alone, release=release, debounce={**TEN, "timeout": "3s"}).started == [[0]]


def test_each_key_waits_by_itself() -> None:
    """Events with another key do not disturb; a key that can't be evaluated is a key like others."""

    async def flurry(scene: Scene) -> None:
        for number, key in enumerate(["a", "b", "a", 7, "7"]):
            scene.send(n=number, k=key)
            await scene.turn(1)
        await scene.turn(11)

    assert play(flurry, debounce={**TEN, "key": "event.data.k"}).started == [[1], [2], [4]]


def test_a_repeated_event_runs_again() -> None:
    """What has waited is not asked whether its id has been there before."""

    async def repeating(scene: Scene) -> None:
        for number in range(2):
            scene.send(n=number, id="same")
            await scene.turn(12)

    assert play(repeating, debounce=TEN).started == [[0], [1]]


def test_a_function_that_is_gone_is_not_started() -> None:
    """Nothing happens when an event has waited for a function that its app no longer registers."""

    async def removing(scene: Scene) -> None:
        scene.send(n=0)
        scene.engine.sync.forget(next(iter(scene.engine.state.apps)))
        await scene.turn(12)

    assert play(removing, debounce=TEN).runs == []


MOMENTS = st.lists(st.tuples(st.sampled_from([0, 1, 5, 9, 10.5, 12]), st.booleans()), min_size=1, max_size=15)


@settings(max_examples=25, deadline=None)
@given(MOMENTS)
def test_nothing_is_lost_and_nothing_comes_twice(moments: list[tuple[float, bool]]) -> None:
    """Whatever the pauses, and wherever the engine is killed, just those events run after which it was quiet."""

    async def living(scene: Scene) -> None:
        for number, (pause, killed) in enumerate(moments):
            scene.send(n=number)
            if killed:
                await scene.kill()
            await scene.turn(pause)
        await scene.turn(12)

    with TemporaryDirectory() as folder:
        scene = play(living, folder=Path(folder), debounce=TEN)

    last = len(moments) - 1
    quiet = [[n] for n, (pause, _) in enumerate(moments) if pause >= 10 or n == last]
    assert scene.started == quiet
