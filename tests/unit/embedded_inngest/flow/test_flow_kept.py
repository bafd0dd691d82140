"""What flow control remembers when the engine is killed and another one goes on."""

from pathlib import Path
from typing import Any

import pytest

from embedded_inngest.store import Store
from tests.unit.embedded_inngest.flow.scene import Scene, play


def test_a_rate_limit_is_still_reached(tmp_path: Path) -> None:
    """What was counted before the end is counted after it."""

    async def killed(scene: Scene) -> None:
        scene.send(n=0)
        await scene.kill()
        scene.send(n=1)
        await scene.turn(60)
        scene.send(n=2)

    assert play(killed, folder=tmp_path, rateLimit={"limit": 1, "period": "1m"}).started == [[0], [2]]


def test_a_batch_goes_on_filling(tmp_path: Path) -> None:
    """The events that waited are in the batch, and the run that it starts still has it after another end."""

    async def killed(scene: Scene) -> None:
        scene.send(n=0, hang=True)
        await scene.kill()
        scene.send(n=1)
        await scene.turn()
        await scene.kill()

    scene = play(killed, folder=tmp_path, batchEvents={"maxSize": 2, "timeout": "60s"})

    [run] = scene.runs
    assert (scene.started, run.batch_id is not None, len(run.events)) == ([[0, 1], [0, 1]], True, 2)


def test_a_batch_that_was_due_meanwhile_starts(tmp_path: Path) -> None:
    """What became due while no engine was there starts at once."""

    async def killed(scene: Scene) -> None:
        scene.send(n=0)
        await scene.turn()
        scene.clock.second += 3600
        await scene.kill()
        await scene.turn()

    assert play(killed, folder=tmp_path, batchEvents={"maxSize": 2, "timeout": "60s"}).started == [[0]]


def test_a_debounce_goes_on(tmp_path: Path) -> None:
    """The event that waited can still be taken the place of, and its timeout still counts."""

    async def killed(scene: Scene) -> None:
        scene.send(n=0)
        await scene.turn(5)
        await scene.kill()
        scene.send(n=1)
        await scene.turn(8.1)

    assert play(killed, folder=tmp_path, debounce={"period": "10s", "timeout": "12s"}).started == [[1]]


@pytest.mark.parametrize(
    "options",
    [
        {"batchEvents": {"maxSize": 9, "timeout": "1s"}},
        {"debounce": {"period": "1s"}},
        {"rateLimit": {"limit": 1, "period": "1s"}},
        {"throttle": {"limit": 1, "period": "1s"}},
    ],
)
def test_what_is_past_is_not_kept(tmp_path: Path, options: dict[str, Any]) -> None:
    """Once nothing waits any more and nothing is used up, the store holds what the last event left there alone."""

    async def in_turn(scene: Scene) -> None:
        for _ in range(3):
            scene.send()
            await scene.turn(3)

    play(in_turn, folder=tmp_path, **options)

    store = Store.open(tmp_path)
    assert len(store.read().held) == ("rateLimit" in options or "throttle" in options)
    store.close()


def test_a_singleton_stays_one(tmp_path: Path) -> None:
    """The run that goes on keeps others out as it did before; the one that was skipped is still there."""

    async def killed(scene: Scene) -> None:
        scene.send(hang=True)
        await scene.turn()
        scene.send()
        await scene.kill()
        scene.send()
        await scene.turn()

    scene = play(killed, folder=tmp_path, singleton={"mode": "skip"})

    assert scene.statuses == ["RUNNING", "SKIPPED", "SKIPPED"]
    assert {run.skipped_for for run in scene.runs[1:]} == {scene.runs[0].id}
