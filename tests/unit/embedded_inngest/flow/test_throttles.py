"""Functions whose runs begin at a pace: nothing is lost, what is too early waits."""

from pathlib import Path

import pytest

from embedded_inngest.release import V0_29, V1_43, Release
from tests.unit.embedded_inngest.flow.scene import Scene, play

TWO = {"limit": 2, "period": "4s", "burst": 1}


async def flurry(scene: Scene) -> None:
    """Send six events at once."""
    for number in range(6):
        scene.send(n=number)
    await scene.turn()


def test_what_is_too_early_waits() -> None:
    """Limit and burst begin at once, the others evenly and in their order."""

    async def waiting(scene: Scene) -> None:
        await flurry(scene)
        seen = [len(scene.started)]
        for _ in range(3):
            await scene.turn(1.9)
            seen.append(len(scene.started))
            await scene.turn(0.1)
        assert seen == [3, 3, 4, 5]

    assert play(waiting, throttle=TWO).started == [[number] for number in range(6)]


@pytest.mark.parametrize(("release", "at_once"), [(V1_43, 5), (V0_29, 6)])
def test_a_burst_depends_on_the_release(release: Release, at_once: int) -> None:
    """It is a number of runs more; in v0.29.9 it is how often the limit fits in at once."""
    assert len(play(flurry, release=release, throttle={**TWO, "burst": 3}).started) == at_once


def test_a_run_that_waits_is_queued() -> None:
    """It is there, has not started, and has its request still to be made."""
    scene = play(flurry, throttle={**TWO, "limit": 1, "burst": None})

    assert scene.statuses == ["COMPLETED", *["QUEUED"] * 5]
    assert len(scene.engine.queue.of_run(scene.runs[-1].id)) == 1


def test_who_leaves_the_line_makes_room() -> None:
    """A run that is cancelled while it waits takes nobody's time."""

    async def leaving(scene: Scene) -> None:
        await flurry(scene)
        for run in scene.runs[3:5]:
            scene.engine.executor.cancel(run)
        await scene.turn(2)

    assert play(leaving, throttle=TWO).started == [[0], [1], [2], [5]]


def test_each_key_has_a_pace_of_its_own() -> None:
    """Who waits for one key is in nobody's way who has another."""

    async def several(scene: Scene) -> None:
        for number, key in enumerate(["a", "a", "a", "b"]):
            scene.send(n=number, k=key)
        await scene.turn()

    throttle = {"limit": 1, "period": "4s", "burst": 1, "key": "event.data.k"}
    assert play(several, throttle=throttle).started == [[0], [1], [3]]


def test_a_run_that_waits_for_room_counts_when_it_begins() -> None:
    """What a limit on concurrency keeps back takes nothing from the throttle until it begins."""

    async def slow(scene: Scene) -> None:
        scene.send(n=0, hang=True)
        scene.send(n=1)
        await scene.turn(8)
        scene.engine.executor.cancel(scene.runs[0])
        scene.app.release()
        await scene.turn()
        scene.send(n=2)
        await scene.turn()

    assert play(slow, concurrency=1, throttle={"limit": 1, "period": "4s", "burst": 1}).started == [[0], [1], [2]]


@pytest.mark.parametrize(("release", "repeated"), [(V1_43, 2), (V0_29, 1)])
def test_a_repetition_is_no_beginning(release: Release, repeated: int) -> None:
    """The first request is repeated without waiting for its turn again; in v0.29.9 it takes one."""

    async def failing(scene: Scene) -> None:
        scene.send(fail=True)
        await scene.turn(1)

    throttle = {"limit": 1, "period": "60s"}
    assert len(play(failing, release=release, throttle=throttle, retries=1).app.asked) == repeated


def test_a_change_counts_at_once() -> None:
    """Who waits goes on as the function is registered now."""

    async def changing(scene: Scene) -> None:
        await flurry(scene)
        scene.register(throttle={**TWO, "burst": 2})
        await scene.turn()
        assert len(scene.started) == 4
        scene.register()
        await scene.turn()

    assert len(play(changing, throttle=TWO).started) == 6


def test_who_waits_goes_on_waiting(tmp_path: Path) -> None:
    """After the engine was killed the pace is the same, and nobody is lost."""

    async def killed(scene: Scene) -> None:
        await flurry(scene)
        await scene.turn(1.9)
        await scene.kill()
        assert len(scene.started) == 3
        await scene.turn(4.2)

    assert play(killed, folder=tmp_path, throttle=TWO).started == [[number] for number in range(6)]
