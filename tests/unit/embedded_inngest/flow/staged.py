"""Engines for one scene: functions as they register, an app that answers by function, a clock that the test turns."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from embedded_inngest.app import App as Api
from embedded_inngest.client import Answer
from embedded_inngest.engine import Engine
from embedded_inngest.http import Request
from embedded_inngest.options import Options
from embedded_inngest.release import V1_43, Release
from embedded_inngest.runs import Run
from embedded_inngest.store import Store
from tests.unit.embedded_inngest.turned_clock import TurnedClock, settled

SDK = {"x-inngest-sdk": "inngest-py:v0.5.19", "x-inngest-req-version": "2"}
DONE = (200, "done")
ASLEEP = (206, [{"op": "Sleep", "id": "nap", "name": "100h", "displayName": "nap"}])


class App:
    """Answers each function with what is said for its name, else that it is done; keeps who was asked, and when."""

    def __init__(self, **answers: tuple[int, Any]) -> None:
        self._answers = answers
        self.asked: list[str] = []

    async def send(self, _method: str, url: str, *, headers: Mapping[str, str], body: bytes, within: float) -> Answer:
        asked = orjson.loads(body)
        assert headers["Content-Type"]
        assert within > 0
        [name] = parse_qs(urlsplit(url).query)["fnId"]
        self.asked.append(name)
        await self.thinking(name)
        status, content = self.answer(name, asked["steps"])
        return Answer(status, SDK, orjson.dumps(content))

    def answer(self, name: str, steps: dict[str, Any]) -> tuple[int, Any]:
        """Return what is said for a function that knows the results of these steps."""
        assert isinstance(steps, dict)
        return self._answers.get(name, DONE)

    async def thinking(self, name: str) -> None:
        """Take no time."""

    async def close(self) -> None:
        """Have nothing to close."""


def function(name: str, **options: Any) -> dict[str, Any]:
    """Return a function as it registers, triggered by the event of its name unless told otherwise."""
    url = f"http://localhost:1/api/inngest?fnId={name}&stepId=step"
    step = {"id": "step", "name": "step", "runtime": {"url": url}}
    return {"id": name, "name": name, "triggers": [{"event": name}], "steps": {"step": step}, **options}


class Stage:
    """An engine, and the clock it goes by."""

    def __init__(self, engine: Engine, clock: TurnedClock) -> None:
        self.engine = engine
        self.clock = clock

    def register(self, *functions: dict[str, Any]) -> None:
        """Register an app with these functions."""
        url = "http://localhost:1/api/inngest"
        body = {"url": url, "appname": "app", "sdk": "py:v1", "functions": functions}
        self.engine.sync.register(orjson.dumps(body), "")

    async def send(self, name: str, **fields: Any) -> str:
        """Send an event, let happen what happens at once, and return its id."""
        event_id = self.engine.runner.accept({"name": name, **fields})
        await settled()
        return event_id

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Ask the engine over its API, and return status and body of the answer."""
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        request = Request(method=method, path=path, target=path, query={}, headers={}, body=content)
        answer = await Api(self.engine).answer(request)
        await settled()
        return answer.status, orjson.loads(answer.body) if answer.body else None

    def runs(self, name: str) -> list[Run]:
        """Return the runs of a function, the first one first."""
        return [run for run in self.engine.state.newest_runs() if run.function.slug == name][::-1]

    def statuses(self, name: str) -> list[str]:
        """Return how the runs of a function stand."""
        return [run.status for run in self.runs(name)]

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return the events of a name, the first one first."""
        newest = self.engine.state.newest_events()
        return [event.fields() for event in newest if event.name == name][::-1]


Scene = Callable[[Stage], Coroutine[Any, Any, None]]


def play(
    scene: Scene, *functions: dict[str, Any], app: App | None = None, at: float = 1000.0, release: Release = V1_43
) -> Stage:
    """Let a scene happen on a new engine with these functions, and return what is left."""
    return _playing(scene, functions, app or App(), TurnedClock(at), None, release)


def play_on(
    folder: Path, scene: Scene, *functions: dict[str, Any], app: App | None = None, at: float = 1000.0
) -> Stage:
    """Let a scene happen on an engine that goes on with what another one wrote, and kill it."""
    return _playing(scene, functions, app or App(), TurnedClock(at), Store.open(folder))


def _playing(
    scene: Scene,
    functions: tuple[dict[str, Any], ...],
    app: App,
    clock: TurnedClock,
    store: Store | None,
    release: Release = V1_43,
) -> Stage:
    async def playing() -> Stage:
        engine = Engine(Options(retry_interval=1.0, release=release), clock=clock, client=app, store=store)
        stage = Stage(engine, clock)
        engine.restore()
        if functions:
            stage.register(*functions)
        await settled()
        await scene(stage)
        if store is None:
            await engine.stop()
        else:
            store.close()
        return stage

    return asyncio.run(playing())
