"""What flow control remembers when the engine is killed and another one goes on."""

from pathlib import Path

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
        scene.send(n=0)
        await scene.kill()
        scene.send(n=1)
        await scene.turn()
        await scene.kill()

    scene = play(killed, folder=tmp_path, batchEvents={"maxSize": 2, "timeout": "60s"})

    [run] = scene.runs
    assert (scene.started, run.batch_id is not None, len(run.events)) == ([[0, 1]], True, 2)


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
