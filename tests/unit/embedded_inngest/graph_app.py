"""An app whose function is a drawn graph: it answers as the SDKs do, from what it is told is done already."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from embedded_inngest.client import Answer
from tests.unit.embedded_inngest.step_graphs import BROKEN_CALLEE, CALLEE, CHILD, Block, Step, steps_of

SDK = {"x-inngest-sdk": "inngest-py:v0.5.19"}
NAMES = ("go", CALLEE, BROKEN_CALLEE, CHILD)
DISCOVERY = "step"

Json = dict[str, Any]


class Uncaught(Exception):  # noqa: N818 (it is what an SDK's function would raise, no error of the tests)
    """A step failed for good and nobody caught it."""


class GraphApp:
    """Serves `go`, which is a graph, and the functions it invokes and sets off.

    Args:
        graph: What `go` does.
        flaky: Numbers of calls of `go` that end in an error before anything is done, if they are first attempts.
        version: What version of requests it names; before the second, each of several steps asks what comes next.

    Attributes:
        send_event: Sends an event to the engine that is alive.
        is_dead: Tells whether the engine that asks has been killed; then nobody is there to be answered.
        calls: How often `go` was called.
        done: How often each step was done.
        repeated: Steps that were asked for although they were done.
    """

    def __init__(self, graph: Block, *, flaky: frozenset[int] = frozenset(), version: int = 2) -> None:
        self.send_event: Callable[[Json], object] = lambda _event: None
        self.is_dead: Callable[[], bool] = lambda: False
        self.calls = 0
        self.done: Counter[str] = Counter()
        self.repeated: list[str] = []
        self._graph, self._flaky = graph, flaky
        self._sdk = {**SDK, "x-inngest-req-version": str(version)}
        self._tried: Counter[str] = Counter()

    async def send(self, _method: str, url: str, *, headers: Mapping[str, str], body: bytes, within: float) -> Answer:
        assert within > 0
        if self.is_dead():
            await asyncio.get_running_loop().create_future()
        name = next(name for name in NAMES if f"fnId={name}&" in url)
        if name == "go":
            return self._go(orjson.loads(body), headers["X-Inngest-Step-Id"])
        self.done[name] += 1
        return _failed("broken") if name == BROKEN_CALLEE else Answer(200, SDK, b'"called"')

    async def close(self) -> None:
        """Have nothing to close."""

    def _go(self, asked: Json, target: str) -> Answer:
        self.calls += 1
        if self.calls in self._flaky and asked["ctx"]["attempt"] == 0:
            return _failed("flaky")
        known, context = asked["steps"], asked["ctx"]
        try:
            found = _next_steps(self._graph, known)
        except Uncaught as error:
            return _failed(str(error), final=True)
        if not found:
            return Answer(200, self._sdk, orjson.dumps(known))
        if target != DISCOVERY:
            return self._targeted(known, target, context["run_id"])
        at_once = len(found) == 1 and not found[0][1] and not context["disable_immediate_execution"]
        operations = [self._operation(step, context["run_id"], now=at_once) for step, _ in found]
        return Answer(206, self._sdk, orjson.dumps(operations))

    def _targeted(self, known: Json, target: str, run_id: str) -> Answer:
        if target in known:
            self.repeated.append(target)
        step = next(step for step in steps_of(self._graph) if step.name == target)
        return Answer(206, self._sdk, orjson.dumps([self._operation(step, run_id, now=True)]))

    def _operation(self, step: Step, run_id: str, *, now: bool) -> Json:
        named = {"id": step.name, "name": step.name, "displayName": step.name}
        if not step.is_done_here:
            return {**named, **_asynchronous(step)}
        return {**named, **(self._do(step, run_id) if now else {"op": "StepPlanned"})}

    def _do(self, step: Step, run_id: str) -> Json:
        self._tried[step.name] += 1
        if self._tried[step.name] <= step.failures:
            return {"op": "StepError", "error": {"name": "E", "message": step.name}}
        if step.kind == "send":
            self.send_event({"name": CHILD, "id": f"{run_id}.{step.name}", "data": {}})
        self.done[step.name] += 1
        return {"op": "StepRun", "data": step.name}


def _next_steps(block: Block, known: Json, *, beside: bool = False) -> list[tuple[Step, bool]]:
    """Return the steps that come next, each with whether others run beside it; none when the block is over.

    Raises:
        Uncaught: A step of it failed, and the function with it.
    """
    for node in block:
        if not isinstance(node, Step):
            found = [one for branch in node.branches for one in _next_steps(branch, known, beside=True)]
            if found:
                return found
        elif node.name not in known:
            return [(node, beside)]
        elif isinstance(known[node.name], dict) and "error" in known[node.name] and not node.caught:
            raise Uncaught(node.name)
    return []


def _asynchronous(step: Step) -> Json:
    if step.kind == "sleep":
        return {"op": "Sleep", "opts": {"duration": f"{step.seconds}s"}}
    if step.kind == "wait":
        return {"op": "WaitForEvent", "opts": {"event": f"wait/{step.name}", "timeout": "1h"}}
    function = CALLEE if step.answered else BROKEN_CALLEE
    return {"op": "InvokeFunction", "opts": {"function_id": function, "payload": {"data": {}}, "timeout": "30d"}}


def _failed(message: str, *, final: bool = False) -> Answer:
    headers = {**SDK, "x-inngest-no-retry": "true"} if final else SDK
    return Answer(500, headers, orjson.dumps({"name": "E", "message": message}))
