"""Runs inside one process: an engine, an app that is a list of answers, and a clock that the test turns."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import orjson
import pytest

from embedded_inngest.client import Answer
from embedded_inngest.engine import Engine
from embedded_inngest.options import Options
from embedded_inngest.runs import Run
from tests.unit.embedded_inngest.turned_clock import TurnedClock, settled

SDK = {"x-inngest-sdk": "inngest-py:v0.5.19", "x-inngest-req-version": "2"}
STEPS = 206


class Answers:
    """Answers requests one after the other and keeps them; the last answer is repeated."""

    def __init__(self, *answers: tuple[int, Any]) -> None:
        self._answers = list(answers)
        self.asked: list[Any] = []

    async def send(self, _method: str, _url: str, *, headers: Mapping[str, str], body: bytes, within: float) -> Answer:
        assert headers["X-Inngest-Step-Id"]
        assert within > 0
        self.asked.append(orjson.loads(body))
        status, content = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return Answer(status, SDK, orjson.dumps(content))

    async def close(self) -> None:
        """Have nothing to close."""


def operation(op: str, step: str, **fields: Any) -> dict[str, Any]:
    """Return an operation as an SDK writes it."""
    return {"op": op, "id": step, "name": step, "displayName": step, **fields}


def registration(*functions: str, retries: int) -> bytes:
    """Return what an app registers whose functions are triggered by events of their own names."""
    url = "http://localhost:1/api/inngest"
    definitions = [
        {
            "id": name,
            "name": name,
            "triggers": [{"event": name}],
            "retries": retries,
            "steps": {"step": {"id": "step", "name": "step", "runtime": {"url": f"{url}?fnId={name}&stepId=step"}}},
        }
        for name in functions
    ]
    return orjson.dumps({"url": url, "appname": "app", "sdk": "py:v1", "functions": definitions})


Scenario = Callable[[Engine, TurnedClock], Coroutine[Any, Any, None]]


def play(app: Answers, scenario: Scenario, *, retries: int = 0) -> Run:
    """Register `go`, send its event, play the scenario and return the run."""

    async def playing() -> Run:
        clock = TurnedClock()
        engine = Engine(Options(retry_interval=1.0), clock=clock, client=app)
        engine.sync.register(registration("go", retries=retries), "")
        engine.runner.accept({"name": "go"})
        await settled()
        await scenario(engine, clock)
        await engine.stop()
        return next(engine.state.newest_runs())

    return asyncio.run(playing())


async def nothing_more(_engine: Engine, _clock: TurnedClock) -> None:
    """Only look at what happened at once."""


NOT_ALLOWED = {
    "InngestErrTimeoutTooLong: The sleep": operation("Sleep", "s", opts={"duration": "367d"}),
    "InngestErrTimeoutTooLong: The wait": operation("WaitForEvent", "w", opts={"event": "x", "timeout": "9000h"}),
    "InvalidExpression": operation("WaitForEvent", "w", opts={"event": "x", "timeout": "1h", "if": "a =="}),
}


@pytest.mark.parametrize("complaint", NOT_ALLOWED)
def test_a_step_that_is_not_allowed_fails_the_run_at_once(complaint: str) -> None:
    """What could never work is not tried again, although there are attempts left."""
    app = Answers((STEPS, [NOT_ALLOWED[complaint]]))

    run = play(app, nothing_more, retries=3)

    assert (run.status, len(app.asked)) == ("FAILED", 1)
    assert complaint in str(run.output)


def test_the_slowest_of_parallel_sleeps_is_awaited() -> None:
    """After several sleeps the app is asked once, when the last one is over, and told of all."""
    app = Answers(
        (STEPS, [operation("Sleep", "a", opts={"duration": "2s"}), operation("Sleep", "b", name="5s")]), (200, 1)
    )

    async def sleeping(_engine: Engine, clock: TurnedClock) -> None:
        await clock.turn(4.9)
        assert len(app.asked) == 1
        await clock.turn(0.2)

    run = play(app, sleeping)

    assert run.status == "COMPLETED"
    assert app.asked[1]["steps"] == {"a": None, "b": None}
    assert app.asked[1]["ctx"]["stack"] == {"current": 2, "stack": ["a", "b"]}


def test_a_sleep_can_be_the_step_too_many() -> None:
    """The step limit counts whatever is memoised, sleeps included."""
    app = Answers((STEPS, [operation("Sleep", "last", opts={"duration": "1s"})]))

    async def sleeping(engine: Engine, clock: TurnedClock) -> None:
        run = next(engine.state.newest_runs())
        for number in range(1000):
            run.memoise(f"step-{number}", b"null")
        await clock.turn(1)

    run = play(app, sleeping)

    assert run.status == "FAILED"
    assert "exceeded the step limit of 1000 steps" in str(run.output)


def test_a_run_whose_function_is_gone_fails() -> None:
    """A function that the app no longer registers is not called any more, not even for a run under way."""
    app = Answers((STEPS, [operation("Sleep", "s", opts={"duration": "1s"})]))

    async def removing(engine: Engine, clock: TurnedClock) -> None:
        engine.sync.register(registration("other", retries=0), "")
        await clock.turn(1)

    run = play(app, removing)

    assert (run.status, len(app.asked)) == ("FAILED", 1)
    assert "go is no longer registered" in str(run.output)


def test_an_answer_after_the_cancellation_is_dropped() -> None:
    """A cancelled run stays cancelled, although the request that was under way succeeds."""

    class CancelsItself(Answers):
        engine: Engine

        async def send(self, *given: Any, **named: Any) -> Answer:
            self.engine.executor.cancel(next(self.engine.state.newest_runs()))
            return await super().send(*given, **named)

    app = CancelsItself((200, "too late"))

    async def playing() -> Run:
        app.engine = Engine(Options(), clock=TurnedClock(), client=app)
        app.engine.sync.register(registration("go", retries=0), "")
        app.engine.runner.accept({"name": "go"})
        await settled()
        await app.engine.stop()
        return next(app.engine.state.newest_runs())

    run = asyncio.run(playing())

    assert (run.status, run.output, len(app.asked)) == ("CANCELLED", None, 1)


BACKOFF = [(15, 45), (30, 60), (60, 90)]


def test_retries_follow_the_table() -> None:
    """Without --retry-interval the waits are those of the table, with up to half a minute of chance added."""
    app = Answers((500, {}))
    waits: list[float] = []

    async def playing() -> None:
        clock = TurnedClock()
        engine = Engine(Options(), clock=clock, client=app)
        engine.sync.register(registration("go", retries=3), "")
        engine.runner.accept({"name": "go"})
        await settled()
        for _ in BACKOFF:
            [timer] = clock.timers
            waits.append(timer.at - clock.now())
            await clock.turn(waits[-1])
        await engine.stop()

    asyncio.run(playing())

    assert len(app.asked) == 4
    assert all(least <= wait <= most for wait, (least, most) in zip(waits, BACKOFF, strict=True)), waits
