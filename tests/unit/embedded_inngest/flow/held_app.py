"""An engine on a clock that the test turns, and an app that keeps every request open until the test answers it."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

import orjson

from embedded_inngest.client import Answer
from embedded_inngest.engine import Engine
from embedded_inngest.options import Options
from embedded_inngest.release import V1_43, Release
from embedded_inngest.store import Store
from tests.unit.embedded_inngest.recordings import Json
from tests.unit.embedded_inngest.test_state_runs import SDK, STEPS
from tests.unit.embedded_inngest.turned_clock import TurnedClock, settled

URL = "http://localhost:1/api/inngest"


class HeldApp:
    """An app that answers when it is told to; its requests are known by the name in the event's data."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._open: dict[str, asyncio.Future[Answer]] = {}

    @property
    def open(self) -> list[str]:
        """The requests that are under way."""
        return list(self._open)

    async def send(self, _method: str, _url: str, *, headers: Mapping[str, str], body: bytes, within: float) -> Answer:
        assert headers["Content-Type"] == "application/json"
        assert within > 0
        name = orjson.loads(body)["event"]["data"]["name"]
        self.asked.append(name)
        self._open[name] = asyncio.get_running_loop().create_future()
        try:
            return await self._open[name]
        finally:
            del self._open[name]

    async def answer(self, name: str, status: int = 200, content: Any = "done", **headers: str) -> None:
        """Answer a request, and let happen what follows."""
        written = {header.replace("_", "-"): text for header, text in headers.items()}
        self._open[name].set_result(Answer(status, {**SDK, **written}, orjson.dumps(content)))
        await settled()

    async def do_step(self, name: str, step: Json) -> None:
        """Answer a request with one operation."""
        await self.answer(name, STEPS, [step])

    async def close(self) -> None:
        """Have nothing to close."""


class Stage:
    """An engine with its app."""

    def __init__(self, *, store: Store | None, release: Release) -> None:
        self.clock = TurnedClock()
        self.app = HeldApp()
        options = Options(retry_interval=1.0, release=release)
        self.engine = Engine(options, clock=self.clock, client=self.app, store=store)

    def register(self, **functions: Json) -> None:
        """Register functions that events of their own names trigger, with what is said of them."""
        definitions = [_definition(name, options) for name, options in functions.items()]
        body = {"url": URL, "appname": "app", "sdk": "py:v1", "functions": definitions}
        self.engine.sync.register(orjson.dumps(body), "")

    async def send(self, event: str, *names: str, **data: Any) -> None:
        """Send an event for each name."""
        for name in names:
            self.engine.runner.accept({"name": event, "data": {"name": name, **data}})
        await settled()

    def statuses(self) -> dict[str, str]:
        """Return the status of each run by the name in its event's data."""
        return {run.event.fields()["data"]["name"]: run.status for run in self.engine.state.newest_runs()}

    def cancel(self, name: str) -> None:
        """Cancel a run."""
        runs = self.engine.state.newest_runs()
        self.engine.executor.cancel(next(run for run in runs if run.event.fields()["data"]["name"] == name))


def play(
    scenario: Callable[[Stage], Coroutine[Any, Any, None]], *, folder: Path | None = None, release: Release = V1_43
) -> None:
    """Play a scenario on a stage; with a folder it finds what another has left there, and is killed at the end."""

    async def playing() -> None:
        store = None if folder is None else Store.open(folder)
        stage = Stage(store=store, release=release)
        stage.engine.restore()
        await settled()
        await scenario(stage)
        if store is None:
            await stage.engine.stop()
        else:
            store.close()

    asyncio.run(playing())


def _definition(name: str, options: Json) -> Json:
    step = {"id": "step", "name": "step", "runtime": {"url": f"{URL}?fnId={name}&stepId=step"}}
    return {"id": name, "name": name, "triggers": [{"event": name}], "steps": {"step": step}, "retries": 1, **options}
