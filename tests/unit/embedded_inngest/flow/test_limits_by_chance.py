"""Limits in an engine to which anything happens in any order, its being killed included."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from embedded_inngest.release import V1_43
from embedded_inngest.store import Store
from tests.unit.embedded_inngest.flow.held_app import Stage
from tests.unit.embedded_inngest.recordings import Json
from tests.unit.embedded_inngest.test_state_runs import operation
from tests.unit.embedded_inngest.turned_clock import settled

AT_ONCE, OF_KEY, RUNS_OF_KEY = 3, 2, 2
FUNCTIONS: dict[str, Json] = {
    "keyed": {"concurrency": [{"limit": AT_ONCE}, {"limit": OF_KEY, "key": "event.data.k", "scope": "env"}]},
    "other": {"concurrency": {"step": [{"limit": OF_KEY, "key": "event.data.k", "scope": "env"}]}},
    "seated": {"concurrency": {"fn": [{"limit": RUNS_OF_KEY, "key": "event.data.k"}]}, "priority": {"run": "3 - 1"}},
}
DEEDS = st.one_of(
    st.tuples(st.sampled_from(sorted(FUNCTIONS)), st.sampled_from("ab")),
    st.tuples(st.sampled_from(["answer", "step", "nap", "sleep", "fail"]), st.integers(0, 9)),
    st.tuples(st.just("turn"), st.sampled_from([0.5, 2.0])),
    st.tuples(st.just("kill"), st.none()),
)


class Play:
    """A play in several acts: each kill ends one, and the next finds what was kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._second = 1000.0
        self._steps = 0
        self.sent: list[str] = []

    async def begin(self) -> None:
        """Let the next act begin."""
        self._store = Store.open(self._folder)
        self.stage = Stage(store=self._store, release=V1_43)
        self.stage.clock.second = self._second
        self.stage.engine.restore()
        await settled()

    def end(self) -> None:
        """Kill the engine."""
        self._second = self.stage.clock.second
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        self._store.close()

    async def does(self, deed: str, given: object) -> None:
        """Do one deed; what has to do with a request is done to the one that is meant, if there is any."""
        if deed in FUNCTIONS:
            name = f"{deed} {given} {len(self.sent)}"
            self.sent.append(name)
            await self.stage.send(deed, name, k=given)
        elif deed == "kill":
            self.end()
            await self.begin()
        elif isinstance(given, float):
            await self.stage.clock.turn(given)
        elif isinstance(given, int) and self.stage.app.open:
            await self._replies(deed, self.stage.app.open[given % len(self.stage.app.open)])

    async def _replies(self, deed: str, name: str) -> None:
        app = self.stage.app
        self._steps += 1
        step = str(self._steps)
        if deed == "answer":
            await app.answer(name)
        elif deed == "fail":
            await app.answer(name, status=500, retry_after="1" if name.startswith("seated") else "6")
        elif deed == "step":
            await app.do_step(name, operation("StepRun", step, data=1))
        else:
            duration = "1s" if deed == "nap" else "3s"
            await app.do_step(name, operation("Sleep", step, opts={"duration": duration}))

    def is_within_limits(self) -> bool:
        """Tell whether no more is under way than there is room for."""
        under_way = [name.split() for name in self.stage.app.open]
        functions = Counter(function for function, _, _ in under_way)
        keys = Counter(key for function, key, _ in under_way if function != "seated")
        runs = Counter(name.split()[1] for name in self.begun() if name.startswith("seated"))
        return (
            functions["keyed"] <= AT_ONCE
            and max(keys.values(), default=0) <= OF_KEY
            and (max(runs.values(), default=0) <= RUNS_OF_KEY)
        )

    def begun(self) -> list[str]:
        """Return the runs that have begun and not ended."""
        return [name for name, status in self.stage.statuses().items() if status == "RUNNING"]

    async def drain(self) -> None:
        """Answer every request until there are no more."""
        for _ in range(4 * len(self.sent) + 4):
            for name in self.stage.app.open:
                await self.stage.app.answer(name)
            await self.stage.clock.turn(4.0)


@settings(max_examples=60, deadline=None)
@given(st.lists(DEEDS, max_size=40))
def test_limits_hold_and_every_run_ends(story: Sequence[tuple[str, object]]) -> None:
    """Whatever happens there is never more under way than allowed, and in the end each run has ended once.

    But for retries that the server counts wrongly, which are left out: quick ones, and late ones of first requests.
    """

    async def playing() -> None:
        play = Play(folder)
        await play.begin()
        play.stage.register(**FUNCTIONS)
        await settled()
        for deed, given_ in story:
            await play.does(deed, given_)
            assert play.is_within_limits()
        await play.drain()
        statuses = play.stage.statuses()
        assert sorted(statuses) == sorted(play.sent)
        assert set(statuses.values()) <= {"COMPLETED", "FAILED"}
        play.end()

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asyncio.run(playing())
