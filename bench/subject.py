"""An engine with an app beside it, and what is measured of the two."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import httpx

from bench import app
from bench.contestants import Contestant, Hall
from bench.usage import cpu_seconds, megabytes
from harness.processes.managed import ManagedProcess

BATCH = 1000
"""Events in one request: the real server takes at most 5000."""

_FINISHED_WITHIN = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What it cost to work off a number of runs that were all waiting at once."""

    runs: int
    seconds: float
    engine: float
    app: float

    @property
    def rate(self) -> float:
        """Runs a second."""
        return self.runs / self.seconds


class Subject:
    """An engine that knows the functions of an app."""

    def __init__(self, engine: ManagedProcess, engine_url: str, apps: ManagedProcess, app_url: str) -> None:
        self._engine = engine
        self._engine_url = engine_url
        self._app = apps
        self._app_url = app_url
        self._client = httpx.Client(trust_env=False, timeout=_FINISHED_WITHIN)

    def calls(self, count: int) -> list[float]:
        """Return the seconds from publishing to the first call of the app, run by run, nothing else going on."""
        published = []
        for _ in range(count):
            published.append(time.time())
            self._publish("plain", 1)
            self._finished(len(published))
        arrivals: list[float] = self._client.get(f"{self._app_url}/arrivals").json()
        return [arrival - start for start, arrival in zip(published, arrivals, strict=True)]

    def work_off(self, runs: int) -> Backlog:
        """Have so many runs of two steps wait at once, and measure until all are finished."""
        pids = (self._engine.pid, self._app.pid)
        before, start = [cpu_seconds(pid) for pid in pids], time.monotonic()
        at_least = self._finished() + runs
        self._publish("steps", runs)
        self._finished(at_least)
        self._client.get(f"{self._engine_url}/health")  # it has taken the last answer, too, when it gives this one
        seconds = time.monotonic() - start
        engine, apps = (cpu_seconds(pid) - earlier for pid, earlier in zip(pids, before, strict=True))
        return Backlog(runs=runs, seconds=seconds, engine=engine, app=apps)

    def megabytes(self) -> float:
        """Return the resident memory of the engine."""
        return megabytes(self._engine.pid)

    def register(self) -> None:
        """Tell the engine of the app's functions."""
        registration = app.registration(f"{self._app_url}/api/inngest")
        self._client.post(f"{self._engine_url}/fn/register", json=registration).raise_for_status()

    def sync(self) -> None:
        """Have an app with the SDK register by itself."""
        self._client.put(f"{self._app_url}/api/inngest").raise_for_status()

    def close(self) -> None:
        self._client.close()

    def _publish(self, name: str, count: int) -> None:
        for start in range(0, count, BATCH):
            events = [{"name": f"{app.NAME}/{name}", "data": {}}] * min(BATCH, count - start)
            self._client.post(f"{self._engine_url}/e/local", json=events).raise_for_status()

    def _finished(self, at_least: int = 0) -> int:
        answer = self._client.get(f"{self._app_url}/finished", params={"at_least": at_least})
        return int(answer.raise_for_status().text)


@contextmanager
def subject(hall: Hall, contestant: Contestant) -> Iterator[Subject]:
    """Run a contestant beside the cheap app."""
    with ExitStack() as stack:
        engine, url = stack.enter_context(hall.engine(contestant))
        made = Subject(engine, url, *stack.enter_context(hall.app("bench.app")))
        stack.callback(made.close)
        made.register()
        yield made


@contextmanager
def sdk_subject(hall: Hall, contestant: Contestant) -> Iterator[Subject]:
    """Run a contestant beside an app with the SDK."""
    with ExitStack() as stack:
        engine, url = stack.enter_context(hall.engine(contestant))
        made = Subject(engine, url, *stack.enter_context(hall.app("bench.sdk_app", "--engine", url)))
        stack.callback(made.close)
        made.sync()
        yield made
