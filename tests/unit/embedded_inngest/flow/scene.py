"""An engine with one function, `go`, under flow control, on a clock that the test turns; it can be killed and go on."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

import orjson

from embedded_inngest.client import Answer
from embedded_inngest.engine import Engine
from embedded_inngest.flow.start import Start
from embedded_inngest.options import Options
from embedded_inngest.release import V1_43, Release
from embedded_inngest.runs import Run
from embedded_inngest.store import Store
from tests.unit.embedded_inngest.turned_clock import TurnedClock, settled

SDK = {"x-inngest-sdk": "inngest-py:v0.5.19", "x-inngest-req-version": "2"}
URL = "http://localhost:1/api/inngest"


class App:
    """Answers at once, but for calls whose event says `hang`; invokes the function that its event names."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self._released = asyncio.Event()

    def release(self) -> None:
        """Answer the calls that hang, from now on."""
        self._released.set()

    async def send(self, _method: str, _url: str, *, headers: Mapping[str, str], body: bytes, within: float) -> Answer:
        assert headers["Content-Type"]
        assert within > 0
        asked = orjson.loads(body)
        self.asked.append(asked)
        data = asked["event"]["data"]
        if data.get("hang"):
            await self._released.wait()
        if data.get("fail"):
            return Answer(500, SDK, b"{}")
        if "invoke" in data and not asked["steps"]:
            return Answer(206, SDK, orjson.dumps([_invoke(data["invoke"])]))
        return Answer(200, SDK, orjson.dumps(asked["steps"] or "done"))

    async def close(self) -> None:
        """Have nothing to close."""


def _invoke(function: str) -> dict[str, Any]:
    options = {"function_id": function, "payload": {"data": {}}, "timeout": "1h"}
    return {"op": "InvokeFunction", "id": "i", "name": "i", "displayName": "i", "opts": options}


def registration(**options: Any) -> bytes:
    """Return what an app registers that has `go`, with these options, and `invoker`, without any."""
    functions = [_definition("go", **options), _definition("invoker")]
    return orjson.dumps({"url": URL, "appname": "app", "sdk": "py:v1", "functions": functions})


def _definition(name: str, **options: Any) -> dict[str, Any]:
    step = {"id": "step", "name": "step", "runtime": {"url": f"{URL}?fnId={name}&stepId=step"}}
    return {"id": name, "name": name, "triggers": [{"event": name}], "retries": 0, "steps": {"step": step}, **options}


class Scene:
    """What a test does with the engine, and sees of it."""

    def __init__(self, options: Mapping[str, Any], release: Release, folder: Path | None) -> None:
        self.app = App()
        self.clock = TurnedClock()
        self._options, self._release, self._folder = options, release, folder
        self._begin()
        self.register(**options)

    def register(self, **options: Any) -> None:
        """Register the function with other options."""
        self.engine.sync.register(registration(**options), "")

    def _begin(self) -> None:
        self._store = Store.open(self._folder) if self._folder else None
        options = Options(release=self._release, retry_interval=1.0)
        self.engine = Engine(options, clock=self.clock, client=self.app, store=self._store)
        self.engine.restore()

    async def kill(self) -> None:
        """End the engine as a SIGKILL does, and start another one in its place."""
        await settled()
        assert self._store
        self._store.close()
        self.clock.timers.clear()
        self._begin()
        await settled()

    def send(self, name: str = "go", *, ts: float | None = None, id: str | None = None, **data: Any) -> str:  # noqa: A002 (as the field is called)
        """Send an event and return its id; `ts` is in seconds."""
        fields = {"name": name, "id": id, "data": data, "ts": None if ts is None else int(ts * 1000)}
        return self.engine.runner.accept(fields)

    def rerun(self, run: Run) -> Run | None:
        """Run a run again."""
        return self.engine.starts.ask(Start(function=run.function, events=(run.event,), origin="rerun", rerun_of=run))

    async def turn(self, seconds: float = 0.0) -> None:
        """Let time pass; in small steps, for what is due in between makes other things due."""
        await settled()
        end = self.clock.now() + seconds
        while due := [timer.at for timer in self.clock.timers if timer.at <= end and not timer.cancelled]:
            await self.clock.turn(max(min(due) - self.clock.now(), 0.0))
        await self.clock.turn(end - self.clock.now())

    @property
    def runs(self) -> list[Run]:
        """The runs of `go`, the first one first."""
        return [run for run in self.engine.state.newest_runs() if run.function.slug == "go"][::-1]

    @property
    def statuses(self) -> list[str]:
        return [run.status for run in self.runs]

    @property
    def started(self) -> list[list[Any]]:
        """What the events of each call to `go` have under `n`."""
        calls = [asked["events"] for asked in self.app.asked if asked["event"]["name"] == "go"]
        return [[event["data"].get("n") for event in events] for events in calls]


Scenario = Callable[[Scene], Coroutine[Any, Any, None]]


def play(scenario: Scenario, *, release: Release = V1_43, folder: Path | None = None, **options: Any) -> Scene:
    """Play a scenario with a function that has these options."""

    async def playing() -> Scene:
        scene = Scene(options, release, folder)
        await scenario(scene)
        await settled()
        await scene.engine.stop()
        return scene

    return asyncio.run(playing())
