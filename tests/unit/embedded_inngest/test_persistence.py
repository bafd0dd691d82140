"""What outlives an engine that is killed: two engines, one after the other, with one store."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from embedded_inngest.client import Answer
from embedded_inngest.engine import Engine
from embedded_inngest.options import Options
from embedded_inngest.runs import Run
from embedded_inngest.store import Rows, Store
from tests.unit.embedded_inngest.test_state_runs import SDK, STEPS, Answers, operation, registration
from tests.unit.embedded_inngest.turned_clock import TurnedClock, settled

Deed = Callable[[Engine], object]
DONE = (200, "done")
HOUR = 3600.0


class Story:
    """An app whose function has two steps, a sleep and one more step: what it answers depends on what is memoised."""

    def __init__(self) -> None:
        self.done: list[str] = []

    async def send(self, _method: str, _url: str, *, headers: Mapping[str, str], body: bytes, within: float) -> Answer:
        assert headers["X-Inngest-Step-Id"]
        assert within > 0
        known = orjson.loads(body)["steps"]
        step = next((name for name in ("a", "b", "nap", "c") if name not in known), "end")
        self.done.append(step)
        if step == "end":
            return Answer(200, SDK, orjson.dumps(list(known)))
        kind = {"op": "Sleep", "opts": {"duration": "1h"}} if step == "nap" else {"op": "StepRun", "data": step}
        return Answer(STEPS, SDK, orjson.dumps([{"id": step, "name": step, "displayName": step, **kind}]))

    async def close(self) -> None:
        """Have nothing to close."""


class Silence(Answers):
    """An app that never answers."""

    async def send(self, _method: str, _url: str, *, headers: Mapping[str, str], body: bytes, within: float) -> Answer:
        assert headers["X-Inngest-Step-Id"]
        assert within > 0
        self.asked.append(orjson.loads(body))
        never: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        return await never


class Pair(Answers):
    """An app with two parallel steps, of which it answers those that it is given."""

    async def send(self, _method: str, url: str, *, headers: Mapping[str, str], body: bytes, within: float) -> Answer:
        assert within > 0
        known, step = orjson.loads(body)["steps"], headers["X-Inngest-Step-Id"]
        self.asked.append(step)
        if len(known) == 2:
            return Answer(200, SDK, b'"done"')
        if step == "step":
            return Answer(STEPS, SDK, orjson.dumps([operation("StepPlanned", name) for name in ("a", "b")]))
        if step in self.answered:
            return Answer(STEPS, SDK, orjson.dumps([operation("StepRun", step, data=1)]))
        return await Silence().send("POST", url, headers=headers, body=body, within=within)

    answered: tuple[str, ...] = ("a", "b")


class DyingStore(Store):
    """A store whose process is killed after so many transactions."""

    left: int

    def write(self, rows: Rows, *, now: float) -> None:
        self.left -= 1
        if self.left >= 0:
            super().write(rows, now=now)


def live(
    folder: Path, app: Any, *deeds: Deed, until: float = 0.0, dies_after: int | None = None, ends: bool = False
) -> list[Run]:
    """Let an engine live until it is killed, or ends well, do something in each of its moments, and return its runs."""

    async def living() -> list[Run]:
        store = Store.open(folder) if dies_after is None else DyingStore.open(folder)
        if isinstance(store, DyingStore):
            store.left = dies_after or 0
        clock = TurnedClock()
        engine = Engine(Options(retry_interval=HOUR), clock=clock, client=app, store=store)
        engine.restore()
        await settled()
        for deed in deeds:
            deed(engine)
            await settled()
        if until:
            await clock.turn(until)
        if ends:
            await engine.stop()
        store.close()
        return list(engine.state.newest_runs())

    return asyncio.run(living())


def begin(engine: Engine) -> None:
    """Register `go` and send the event that it waits for."""
    engine.sync.register(registration("go", "other", retries=3), "")
    engine.runner.accept({"name": "go", "id": "only-once", "data": {"n": 1}})


def test_what_was_known_is_known(tmp_path: Path) -> None:
    """Apps, functions, events and ended runs are those of before, and an event id still counts only once."""
    live(tmp_path, Answers(DONE), begin)
    app = Answers(DONE)

    seen: list[Any] = []

    def look(engine: Engine) -> None:
        state = engine.state
        [event] = [event for event in state.newest_events() if not event.is_internal]
        [(_, kept)] = state.kept_newest_first()
        seen.extend(([one.name for one in state.apps], [one.slug for one in state.apps.functions()], event.fields()))
        seen.append(kept.status)
        engine.runner.accept({"name": "go", "id": "only-once"})

    [run] = live(tmp_path, app, look)

    assert seen[:2] == [["app"], ["go", "other"]]
    assert (seen[2]["data"], seen[3]) == ({"n": 1}, "COMPLETED")
    assert (run.status, run.output, run.event.id, app.asked) == ("COMPLETED", '"done"', "only-once", [])


@pytest.mark.parametrize("ends", [True, False])
def test_a_request_under_way_is_made_again(tmp_path: Path, *, ends: bool) -> None:
    """A request that nobody will answer any more is made again as it was, and shows once in the trace."""
    silent, app = Silence(), Answers(DONE)
    live(tmp_path, silent, begin, ends=ends)

    [run] = live(tmp_path, app)

    assert (run.status, [len(span.attempts) for span in run.spans]) == ("COMPLETED", [1])
    assert [each["ctx"]["run_id"] for each in app.asked] == [each["ctx"]["run_id"] for each in silent.asked]


def test_half_of_two_parallel_steps_is_kept(tmp_path: Path) -> None:
    """Of two parallel steps the one that was done is not done again; the other shows once in the trace."""
    first, second = Pair(), Pair()
    first.answered = ("a",)
    live(tmp_path, first, begin)

    [run] = live(tmp_path, second)

    assert (run.status, second.asked) == ("COMPLETED", ["b", "step"])
    assert [(span.name, len(span.attempts)) for span in run.spans] == [("a", 1), ("b", 1), ("function success", 1)]


def test_attempts_go_on_counting(tmp_path: Path) -> None:
    """A retry is made at its time, as the attempt that it is."""
    live(tmp_path, Answers((500, "no")), begin)
    early = live(tmp_path, Answers(DONE), until=HOUR - 1)
    app = Answers(DONE)

    [run] = live(tmp_path, app, until=HOUR)

    assert [each.status for each in early] == ["RUNNING"]
    assert ([each["ctx"]["attempt"] for each in app.asked], run.status) == ([1], "COMPLETED")
    assert [[attempt.status for attempt in span.attempts] for span in run.spans] == [["FAILED", "COMPLETED"]]


@pytest.mark.parametrize("ended_by", ["event", "time"])
def test_a_wait_goes_on(tmp_path: Path, ended_by: str) -> None:
    """A run that waits for an event gets it from the next engine, or else its time-out."""
    wait = operation("WaitForEvent", "w", opts={"event": "it", "timeout": "1h", "if": "event.data.n == async.data.n"})
    live(tmp_path, Answers((STEPS, [wait])), begin)
    app = Answers(DONE)

    if ended_by == "event":
        [run] = live(tmp_path, app, lambda engine: engine.runner.accept({"name": "it", "data": {"n": 1}}))
    else:
        [run] = live(tmp_path, app, until=HOUR)

    told = app.asked[0]["steps"]["w"]
    assert (run.status, told and told["data"]) == ("COMPLETED", {"n": 1} if ended_by == "event" else None)


def test_an_invocation_goes_on(tmp_path: Path) -> None:
    """A run that waits for another's end hears of it, though both began in an engine that is gone."""
    invoke = operation("InvokeFunction", "i", opts={"function_id": "other", "payload": {"data": {}}})
    live(tmp_path, Answers((STEPS, [invoke]), (500, "later")), begin)
    app = Answers((200, "of the other"), DONE)

    runs = live(tmp_path, app, until=HOUR)

    assert {run.function.slug: run.status for run in runs} == {"go": "COMPLETED", "other": "COMPLETED"}
    assert app.asked[1]["steps"] == {"i": {"data": "of the other"}}


def test_parallel_steps_are_awaited_together(tmp_path: Path) -> None:
    """The last of several parallel sleeps is still the last one after a restart."""
    naps = [operation("Sleep", name, opts={"duration": length}) for name, length in (("a", "1h"), ("b", "2h"))]
    live(tmp_path, Answers((STEPS, naps)), begin)
    app = Answers(DONE)
    live(tmp_path, app, until=HOUR)
    asked_early = len(app.asked)

    [run] = live(tmp_path, app, until=2 * HOUR)

    assert (asked_early, len(app.asked), run.status) == (0, 1, "COMPLETED")
    assert app.asked[0]["steps"] == {"a": None, "b": None}


@pytest.mark.parametrize("transactions", range(1, 9))
def test_a_kill_at_any_moment_loses_nothing(tmp_path: Path, transactions: int) -> None:
    """Whenever it is killed, each step is memoised once, and at most the one under way is done again."""
    first, second = Story(), Story()
    live(tmp_path, first, begin, until=HOUR, dies_after=transactions)

    [run] = live(tmp_path, second, until=HOUR)

    assert (run.status, run.output) == ("COMPLETED", '["a","b","c","nap"]')
    assert len({*first.done} - {*second.done}) + len(second.done) >= 5
    assert len(second.done) == len({*second.done})


def test_each_step_is_a_transaction(tmp_path: Path) -> None:
    """The kill above happens at different moments: after each transaction another part of the story is left."""
    left = []
    for transactions in range(1, 9):
        story = Story()
        live(tmp_path / str(transactions), Story(), begin, until=HOUR, dies_after=transactions)
        live(tmp_path / str(transactions), story, until=HOUR)
        left.append(len(story.done))

    assert (left[0], left[-1]) == (5, 0)
    assert sorted(left, reverse=True) == left


class FalteringStore(Store):
    """A store that meets something that nobody thought of, for as long as it falters."""

    falters = False

    def write(self, rows: Rows, *, now: float) -> None:
        if self.falters:
            raise TypeError
        super().write(rows, now=now)


def test_what_could_not_be_written_is_told_and_written_later(tmp_path: Path) -> None:
    """Whoever waits for what can't be written hears of it until it is, whatever went wrong."""

    async def living() -> None:
        store = FalteringStore.open(tmp_path)
        assert isinstance(store, FalteringStore)
        engine = Engine(Options(), clock=TurnedClock(), client=Answers(DONE), store=store)
        engine.restore()
        store.falters = True
        engine.runner.accept({"name": "first"})
        for _ in range(2):
            with pytest.raises(TypeError):
                await asyncio.wait_for(engine.persistence.saved(), 5)
        store.falters = False
        await engine.stop()

    asyncio.run(living())
    names: list[str] = []
    live(tmp_path, Answers(DONE), lambda engine: names.extend(event.name for event in engine.state.newest_events()))

    assert names == ["first"]
