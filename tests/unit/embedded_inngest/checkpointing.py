"""An app that reports steps while a call is open, as SDKs do that go on after a step without asking."""

from dataclasses import replace
from typing import Any

from harness.receiver.answers import Answer
from harness.receiver.attempts import Attempt
from tests.unit.embedded_inngest.recordings import Json
from tests.unit.embedded_inngest.scripted_app import ScriptedApp, operation

ASYNC = "/v1/checkpoint/{}/async"
OUTPUT = "query($id: String!) { runTraceSpanOutputByID(outputID: $id) { data error { message } } }"
OPEN_SECONDS = 0.3
"""How long a call stays open for reports; on a busy machine they come later, which changes none of our answers."""


def step(name: str, data: Any = 1, **fields: Any) -> Json:
    """Return the operation of a step that was run."""
    return operation("StepRun", name, data=data, **fields)


def complete(data: Any = "done") -> Json:
    """Return the operation that brings the result of a run."""
    return operation("RunComplete", "complete", data=data)


def slow(answered: Answer) -> Answer:
    """Return an answer that leaves time to report before it."""
    return replace(answered, delay=OPEN_SECONDS)


def report_of(call: Attempt, *steps: Json, **fields: Any) -> Json:
    """Return what an SDK posts about steps that it has run for a call."""
    context = call.json["ctx"]
    named = {name: context[name] for name in ("run_id", "fn_id", "qi_id", "request_id", "generation_id")}
    return {**named, "request_started_at": 0, "ts": 0, "steps": list(steps), **fields}


def report(app: ScriptedApp, call: Attempt, *steps: Json, **fields: Any) -> Json:
    """Report steps and return the answer."""
    return app.server.post(ASYNC.format(call.json["ctx"]["run_id"]), report_of(call, *steps, **fields))


def opened(app: ScriptedApp, function: str = "go") -> tuple[str, Attempt]:
    """Sync, send the event of a function and return its id and the first call, which is still open."""
    app.sync()
    event_id = app.send(function)
    return event_id, app.calls(function, count=1)[0]
