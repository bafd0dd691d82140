"""Functions with a rate limit, or with an idempotency key, which is one."""

import orjson

from tests.unit.embedded_inngest.flow.scene import Scene, play

MINUTE = {"limit": 5, "period": "1m"}


def test_a_limit_is_no_window() -> None:
    """Of a limit of 5 a minute one start passes at once, and the next one 12 seconds later."""

    async def flurry(scene: Scene) -> None:
        for number in range(14):
            scene.send(n=number)
            await scene.turn(1)

    assert play(flurry, rateLimit=MINUTE).started == [[0], [12]]


def test_a_tenth_of_the_limit_may_come_at_once() -> None:
    """A limit of 20 lets three starts through at once: the first, and a tenth of the limit."""

    async def flurry(scene: Scene) -> None:
        for number in range(5):
            scene.send(n=number)

    assert play(flurry, rateLimit={"limit": 20, "period": "1m"}).started == [[0], [1], [2]]


def test_a_key_has_a_limit_of_its_own() -> None:
    """Each value of the key is limited by itself, a number as its digits; false means no limit, nothing is a value."""

    async def flurry(scene: Scene) -> None:
        for number, key in enumerate(["a", "a", 1, "1", False, False, None, None]):
            scene.send(n=number, k=key)

    assert play(flurry, rateLimit={**MINUTE, "key": "event.data.k"}).started == [[0], [2], [4], [5], [6]]


def test_a_repeated_event_does_not_count() -> None:
    """What would be dropped anyhow, as its id has been there, takes nothing from the limit."""

    async def repeating(scene: Scene) -> None:
        scene.send(n=0, id="same")
        await scene.turn(12)
        scene.send(n=1, id="same")
        scene.send(n=2)

    assert play(repeating, rateLimit=MINUTE).started == [[0], [2]]


def test_whoever_invokes_is_told() -> None:
    """A step that invokes a function whose limit is reached fails, for nothing else would ever end it."""

    async def invoking(scene: Scene) -> None:
        scene.send(n=0)
        scene.send("invoker", invoke="go")

    scene = play(invoking, rateLimit=MINUTE)

    error = orjson.loads(next(scene.engine.state.newest_runs()).output or "")["i"]["error"]
    assert (scene.started, error["message"]) == ([[0]], "invoked function is rate limited")


def test_a_rerun_is_not_limited() -> None:
    """Whoever runs a run again wants it to run, and it does not count."""

    async def again(scene: Scene) -> None:
        scene.send(n=0)
        await scene.turn()
        scene.rerun(scene.runs[0])
        await scene.turn()

    assert play(again, rateLimit=MINUTE).statuses == ["COMPLETED", "COMPLETED"]


def test_idempotency_counts_from_the_first_start() -> None:
    """A function with an idempotency key starts once in 24 hours for each of its values, whatever its rate limit."""

    async def repeating(scene: Scene) -> None:
        for number, pause in enumerate([0, 12 * 3600, 12 * 3600 - 1, 1]):
            await scene.turn(pause)
            scene.send(n=number, k="a")
        scene.send(n=9, k="b")

    assert play(repeating, idempotency="event.data.k", rateLimit=MINUTE).started == [[0], [3], [9]]
