"""Functions registered with options that make no sense: each is refused or has its way, and no other notices."""

import asyncio
from typing import Any

import orjson
import pytest

from embedded_inngest.app import App
from embedded_inngest.engine import Engine
from embedded_inngest.http import Request
from embedded_inngest.options import Options
from tests.unit.embedded_inngest.test_state_runs import Answers, registration
from tests.unit.embedded_inngest.turned_clock import TurnedClock, settled

URL = "http://127.0.0.1:9/x"
RUNTIME = {"id": "s", "name": "s", "runtime": {"url": URL}}
SCALARS: list[Any] = [5, -1, 2**60, 1.5, "", "x", "(((", True, None, [], [5], [None], ["x"], [{}], {}, {"a": 1}]
LIMITS: list[Any] = [{"limit": 1e300}, {"limit": "x", "period": "1s"}, {"limit": 1, "period": 5}, {"period": "x"}]
LIMITS += [{"limit": -1, "period": "-1s"}, {"limit": 1, "period": "1s", "key": 5}, {"maxSize": "x"}, {"maxSize": 2}]
LIMITS += [{"maxSize": 2, "timeout": 5}, {"maxSize": 2, "timeout": "x"}, {"maxSize": 2**60, "timeout": "1s"}]
LIMITS += [{"run": 5}, {"run": "((("}, {"key": 5, "mode": "skip"}, {"key": "(((", "mode": "x"}, {"start": "-5s"}]
EVENTS: list[Any] = [{"event": 5}, {"event": ["x"]}, {"event": "x", "if": 5}, {"event": "x", "timeout": "x"}]
EVENTS += [{"event": "x", "expression": 5}, {"event": "x", "if": "((("}, {"cron": 5}, {"cron": "x"}, {"cron": "\0"}]
EVENTS += [{"event": "x", "expression": "a" * 5000}, {"cron": "TZ=Nowhere * * * * *"}, {"event": "x", "timeout": 5}]
STEPS: list[Any] = [None, 5, {"runtime": 5}, {"runtime": {"url": 5}}, {"runtime": {"url": "http://["}}]
STEPS += [{**RUNTIME, "retries": retries} for retries in (5, {"attempts": "x"}, {"attempts": 1e300}, {"attempts": -5})]
ODD = [*SCALARS, *LIMITS, *([event] for event in EVENTS), *({"step": step} for step in STEPS)]
NAMES = (
    "id",
    "name",
    "triggers",
    "steps",
    "retries",
    "concurrency",
    "batchEvents",
    "debounce",
    "rateLimit",
    "throttle",
)
OPTIONS = (*NAMES, "priority", "cancel", "timeouts", "singleton", "idempotency")


async def register(engine: Engine, body: bytes) -> int:
    """Register over HTTP and return the status of the answer."""
    request = Request(method="POST", path="/fn/register", target="", query={}, headers={}, body=body)
    return (await App(engine).answer(request)).status


async def try_out(fields: dict[str, Any]) -> tuple[int, list[str]]:
    """Register an app beside a good one, send events to both; return the answer's status and how the good run ended."""
    clock = TurnedClock()
    engine = Engine(Options(retry_interval=1.0), clock=clock, client=Answers((200, "done")))
    await register(engine, registration("good", retries=0))
    status = await register(engine, orjson.dumps({"url": URL, "appname": "odd", **fields}))
    for name in ("x", "good"):
        engine.runner.accept({"name": name, "data": {"a": 1}})
    await settled()
    await clock.turn(60.0)
    runs = [run.status for run in engine.state.newest_runs() if run.function.slug == "good"]
    await engine.stop()
    return status, runs


def odd_function(option: str, value: Any) -> dict[str, Any]:
    """Return what an app registers that has one function with one odd option."""
    good = {"id": "f", "name": "f", "triggers": [{"event": "x"}], "steps": {"step": RUNTIME}}
    return {"functions": [{**good, option: value}]}


@pytest.mark.parametrize("option", OPTIONS)
def test_an_odd_option_is_refused_or_has_its_way(option: str) -> None:
    """Whatever is given for an option, the answer is 200 or 400, and the functions of other apps run as before."""
    for value in ODD:
        status, runs = asyncio.run(try_out(odd_function(option, value)))

        assert (status in {200, 400}, runs) == (True, ["COMPLETED"]), value


@pytest.mark.parametrize("field", ["url", "functions", "framework", "sdk", "v", "appversion", "capabilities"])
def test_an_odd_app_is_refused_or_has_its_way(field: str) -> None:
    """Whatever an app says of itself, the answer is 200 or 400, and the functions of other apps run as before."""
    for value in [*SCALARS, "http://[::1", "http://a:99999999/", "http://a:b/"]:
        status, runs = asyncio.run(try_out({"functions": [], field: value}))

        assert (status in {200, 400}, runs) == (True, ["COMPLETED"]), value
