"""Functions of which one run at a time may be under way."""

import pytest

from embedded_inngest.release import V0_29
from tests.unit.embedded_inngest.flow.scene import Scene, play

SKIP, CANCEL = {"mode": "skip"}, {"mode": "cancel"}


async def two(scene: Scene) -> None:
    """Start a run that does not end, and another one beside it."""
    scene.send(n=0, hang=True)
    await scene.turn()
    scene.send(n=1)
    await scene.turn()


def test_another_start_is_skipped() -> None:
    """The second run is there, skipped for the first, and its function is not called."""
    scene = play(two, singleton=SKIP)

    assert (scene.statuses, scene.started) == (["RUNNING", "SKIPPED"], [[0]])
    assert scene.runs[1].skipped_for == scene.runs[0].id


def test_another_start_ends_the_first() -> None:
    """In the other mode the first run is cancelled and the second one runs."""
    assert play(two, singleton=CANCEL).statuses == ["CANCELLED", "COMPLETED"]


@pytest.mark.parametrize("options", [SKIP, CANCEL, {}])
def test_one_after_the_other_is_none_too_many(options: dict[str, str]) -> None:
    """A run that has ended is in nobody's way."""

    async def in_turn(scene: Scene) -> None:
        for number in range(2):
            scene.send(n=number)
            await scene.turn()

    scene = play(in_turn, singleton=options)

    assert scene.statuses == ["COMPLETED", "COMPLETED"]
    assert scene.engine.state._locks == {}


def test_nobody_hears_of_a_run_that_was_skipped() -> None:
    """No event tells of its end, so that whoever invoked it waits on."""
    scene = play(two, singleton=SKIP)

    assert [event.name for event in scene.engine.state.newest_events()] == ["go", "go"]


def test_each_key_is_single_by_itself() -> None:
    """Runs with different keys go on beside each other, and so do those whose key is false."""

    async def several(scene: Scene) -> None:
        for key in ("a", "b", "a", False, False):
            scene.send(hang=True, k=key)
            await scene.turn()

    scene = play(several, singleton={**SKIP, "key": "event.data.k"})

    assert scene.statuses == ["RUNNING", "RUNNING", "SKIPPED", "RUNNING", "RUNNING"]


def test_a_run_that_only_waits_to_start_is_there_too() -> None:
    """A start in the future already keeps others out."""

    async def early(scene: Scene) -> None:
        scene.send(ts=scene.clock.now() + 60)
        scene.send()
        await scene.turn(60)

    assert play(early, singleton=SKIP).statuses == ["COMPLETED", "SKIPPED"]


def test_the_older_release_has_no_singletons() -> None:
    """In v0.29.9 the option is there and has no effect."""
    assert play(two, release=V0_29, singleton=SKIP).statuses == ["RUNNING", "COMPLETED"]
