"""Random functions on a clock that the test turns: whatever they are made of, nothing is lost or done twice."""

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path

import orjson
from hypothesis import given
from hypothesis import strategies as st

from embedded_inngest.engine import Engine
from embedded_inngest.options import Options
from embedded_inngest.runs import Run
from embedded_inngest.store import Rows, Store
from tests.unit.embedded_inngest.fuzzing import tried
from tests.unit.embedded_inngest.graph_app import NAMES, GraphApp
from tests.unit.embedded_inngest.step_graphs import (
    BROKEN_CALLEE,
    CALLEE,
    CHILD,
    FUNCTIONS,
    RETRIES,
    Block,
    expected_memory,
    expected_status,
    outcome,
    steps_of,
)
from tests.unit.embedded_inngest.test_state_runs import registration
from tests.unit.embedded_inngest.turned_clock import TurnedClock, settled

VERSIONS = st.sampled_from([1, 2])
FLAKY = st.frozensets(st.integers(1, 12), max_size=3)
LONGEST = 400


class DyingStore(Store):
    """A store whose process is killed after so many transactions."""

    left = 1_000_000

    def write(self, rows: Rows, *, now: float) -> None:
        self.left -= 1
        if self.left >= 0:
            super().write(rows, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a graph: the runs of each function, and the app that served it."""

    runs: dict[str, list[Run]]
    app: GraphApp

    @property
    def run(self) -> Run:
        """The one run of the graph."""
        [run] = self.runs["go"]
        return run


class Life:
    """Engines, one after the other, that carry out a graph; each but the last is killed."""

    def __init__(self, graph: Block, app: GraphApp) -> None:
        self._waits = [step.name for step in steps_of(graph) if step.kind == "wait" and step.answered]
        self._app = app
        self._clock = TurnedClock()

    def begin(self, store: Store | None) -> None:
        """Start an engine with what the last one left."""
        self._clock.timers.clear()
        self._engine = Engine(Options(retry_interval=1.0), clock=self._clock, client=self._app, store=store)
        self._engine.persistence.restore()
        self._app.send_event = self._engine.runner.accept
        self._app.is_dead = lambda: isinstance(store, DyingStore) and store.left <= 0

    def ask_for(self, name: str) -> None:
        """Register all functions and send the event of one."""
        self._engine.sync.register(registration(*NAMES, retries=RETRIES), "")
        self._engine.runner.accept({"name": name, "id": "once"})

    async def go_on(self) -> None:
        """Let time pass until nothing is left to be done, or nobody left to do it; send what is waited for."""
        for _ in range(LONGEST):
            await self._send_what_is_waited_for()
            due = [timer.at for timer in self._clock.timers if not timer.cancelled]
            if self._app.is_dead() or not due:
                return
            await self._clock.turn(max(min(due) - self._clock.now(), 0.0))
        raise AssertionError("it never ends")

    async def _send_what_is_waited_for(self) -> None:
        """Send it again for as long as it sets off calls, after which something else may be waited for."""
        calls = -1
        while calls != self._app.calls:
            await settled()
            calls = self._app.calls
            for name in self._waits:
                self._engine.runner.accept({"name": f"wait/{name}"})
            await settled()

    async def end(self) -> Outcome:
        """Stop the engine and tell what became of the graph."""
        await self._engine.stop()
        runs = list(self._engine.state.newest_runs())
        return Outcome(runs={name: [run for run in runs if run.function.slug == name] for name in NAMES}, app=self._app)


def carry_out(graph: Block, app: GraphApp) -> Outcome:
    """Carry a graph out without an accident."""

    async def living() -> Outcome:
        life = Life(graph, app)
        life.begin(None)
        life.ask_for("go")
        await life.go_on()
        return await life.end()

    return asyncio.run(living())


def carry_out_killed(graph: Block, app: GraphApp, kill_after: int, folder: Path) -> Outcome:
    """Carry a graph out with an engine that is killed after so many transactions, and then with a second one."""

    async def living() -> Outcome:
        life = Life(graph, app)
        mortal = DyingStore.open(folder)
        assert isinstance(mortal, DyingStore)
        life.begin(mortal)
        life.ask_for("go")
        await settled()
        mortal.left = kill_after
        await life.go_on()
        mortal.close()
        life.begin(Store.open(folder))
        await life.go_on()
        return await life.end()

    return asyncio.run(living())


def check_end(graph: Block, outcome_of_it: Outcome) -> None:
    """Judge how the run ended and what it memoised by a model that knows nothing of engines."""
    run = outcome_of_it.run
    assert run.status == expected_status(graph)
    if run.status == "COMPLETED":
        memory = {name: outcome(value) for name, value in orjson.loads(run.output or "").items()}
        assert memory == expected_memory(graph)
        assert len(outcome_of_it.runs[CHILD]) == count(graph, "send", fails=False)
        assert len(outcome_of_it.runs[CALLEE]) == count(graph, "invoke", fails=False)
        assert len(outcome_of_it.runs[BROKEN_CALLEE]) == count(graph, "invoke", fails=True)


def count(graph: Block, kind: str, *, fails: bool) -> int:
    """Count the steps of a kind that fail for good, or that do not."""
    return sum(step.kind == kind and step.fails is fails for step in steps_of(graph))


@tried(120)
@given(graph=FUNCTIONS, flaky=FLAKY, version=VERSIONS)
def test_a_graph_is_carried_out_once(graph: Block, flaky: frozenset[int], version: int) -> None:
    """Each step is done once and memoised as it ended, and the run ends as its steps say, after no call too many."""
    outcome_of_it = carry_out(graph, GraphApp(graph, flaky=flaky, version=version))
    app, steps = outcome_of_it.app, list(steps_of(graph))

    check_end(graph, outcome_of_it)
    assert max([app.done[step.name] for step in steps], default=0) <= 1
    assert app.repeated == []
    failures = sum(min(step.failures, RETRIES) for step in steps) + len(flaky)
    assert app.calls <= 1 + 2 * len(steps) + failures


@tried(60)
@given(graph=FUNCTIONS, kill_after=st.integers(0, 25), version=VERSIONS)
def test_a_kill_loses_nothing_of_a_graph(graph: Block, kill_after: int, version: int) -> None:
    """Killed at any moment, an engine leaves to the next one all that was done; what was under way is done again."""
    with tempfile.TemporaryDirectory() as folder:
        outcome_of_it = carry_out_killed(graph, GraphApp(graph, version=version), kill_after, Path(folder))

    check_end(graph, outcome_of_it)
    assert max([outcome_of_it.app.done[step.name] for step in steps_of(graph)], default=0) <= 2
