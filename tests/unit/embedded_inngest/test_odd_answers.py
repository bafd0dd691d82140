"""Answers that no SDK gives, and what becomes of the run that gets them: in the words of the real server."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_inngest.app import App
from embedded_inngest.client import Answer
from embedded_inngest.engine import Engine
from embedded_inngest.http import Request
from embedded_inngest.options import Options
from embedded_inngest.runs import Run
from tests.unit.embedded_inngest.fuzzing import tried
from tests.unit.embedded_inngest.test_state_runs import SDK, operation, registration
from tests.unit.embedded_inngest.turned_clock import TurnedClock, settled

STEPS = 206
EVERYTHING = """query($id: String!) { run(runID: $id) { output status startedAt endedAt trace(preview: true) {
  name status duration childrenSpans { name status duration queuedAt startedAt endedAt stepID outputID stepInfo {
    ... on InvokeStepInfo { functionID timeout } ... on SleepStepInfo { sleepUntil }
    ... on WaitForEventStepInfo { eventName expression timeout } } } } } }"""

LATER = 400 * 24 * 60 * 60.0
"""Seconds after which no sleep, no wait and no retry is left."""


class OddApp:
    """Answers `go` once as it is told to, and everything else well."""

    def __init__(self, odd: Answer) -> None:
        self._odd = odd
        self.asked: list[Any] = []

    async def send(self, _method: str, url: str, *, headers: Mapping[str, str], body: bytes, within: float) -> Answer:
        assert "X-Inngest-Step-Id" in headers  # of an operation without an id it is empty
        assert within > 0
        asked = orjson.loads(body)
        is_first = "fnId=go" in url and not self.asked
        if "fnId=go" in url:
            self.asked.append(asked)
        return self._odd if is_first else Answer(200, SDK, orjson.dumps({"told": list(asked["steps"].values())}))

    async def close(self) -> None:
        """Have nothing to close."""


async def tell_of_all(engine: Engine) -> None:
    """Have every run told by both APIs, as it must be possible at any time."""
    api = App(engine)
    for run in engine.state.newest_runs():
        query = orjson.dumps({"query": EVERYTHING, "variables": {"id": run.id}})
        for method, path, body in (("GET", f"/v1/runs/{run.id}", b""), ("POST", "/v0/gql", query)):
            headers = {"content-type": "application/json"}
            request = Request(method=method, path=path, target=path, query={}, headers=headers, body=body)
            told = await api.answer(request)
            assert told.status == 200
            assert "errors" not in orjson.loads(told.body)


def live(odd: Answer, *, retries: int = 0) -> tuple[Run, Run, OddApp]:
    """Let `go` get an odd answer and `other` a good one, wait long, and return both runs and the app."""

    async def living() -> tuple[Run, Run, OddApp]:
        app, clock = OddApp(odd), TurnedClock()
        engine = Engine(Options(retry_interval=1.0), clock=clock, client=app)
        engine.sync.register(registration("go", "other", retries=retries), "")
        for name in ("go", "other"):
            engine.runner.accept({"name": name})
            await settled()
        await clock.turn(1.0)
        await tell_of_all(engine)
        await clock.turn(LATER)
        await tell_of_all(engine)
        await engine.stop()
        other, went = (run for run in engine.state.newest_runs() if run.function.slug in {"go", "other"})
        return went, other, app

    return asyncio.run(living())


def json_of(value: Any) -> bytes:
    """Write a value as JSON, unless it is written already."""
    return value if isinstance(value, bytes) else orjson.dumps(value)


def one(op: Any, **fields: Any) -> list[Any]:
    """Return what a function says that has one operation."""
    return [operation(op, "s", **fields)]


_OPCODE = "error reading generator opcode response: "
_TYPE = f"{_OPCODE}json: cannot unmarshal "
_STREAM = "error parsing stream: error reading response body to check for status code: "
REFUSED: dict[str, tuple[int, Any]] = {
    "no response data": (STEPS, b" "),
    f"{_OPCODE}expected JSON object or array": (STEPS, b"null"),
    f"{_OPCODE}unexpected end of JSON input": (STEPS, b'[{"op":'),
    f"{_OPCODE}invalid character 'x' after top-level value": (STEPS, b"[] x"),
    f"{_TYPE}array into Go value of type state.GeneratorOpcode": (STEPS, [[]]),
    f"{_TYPE}number 1e400 into Go value of type float64": (STEPS, b'[{"op":"StepRun","id":"s","data":1e400}]'),
    f"{_OPCODE}exceeded max depth": (STEPS, b"[" * 300 + b"]" * 300),
    "error validating generator opcode 1: opcode cannot be null": (STEPS, [*one("StepRun"), None]),
    f"{_OPCODE} does not belong to Opcode values": (STEPS, one(None)),
    f"{_OPCODE}Opcode should be a string, got 5": (STEPS, one(5)),
    f"{_TYPE}number into Go struct field GeneratorOpcode.id of type string": (STEPS, [{"op": "StepRun", "id": 5}]),
    f"{_TYPE}string into Go struct field GeneratorOpcode.error of type state.UserError": (
        STEPS,
        one("StepError", error="no"),
    ),
    f"{_TYPE}number into Go struct field UserError.error.name of type string": (
        STEPS,
        one("StepError", error={"name": 5}),
    ),
    f"{_TYPE}number 1.5 into Go struct field Interval.timing.a of type int64": (
        STEPS,
        one("StepRun", timing={"a": 1.5}),
    ),
    f"{_TYPE}string into Go struct field GeneratorOpcode.metadata of type []metadata.ScopedUpdate": (
        STEPS,
        one("StepRun", metadata="x"),
    ),
    f"{_STREAM}json: cannot unmarshal array into Go value of type httpdriver.StreamResponse": (201, []),
    f"{_STREAM}json: cannot unmarshal string into Go struct field StreamResponse.status of type int": (
        201,
        {"status": "206"},
    ),
    f"{_STREAM}json: cannot unmarshal array into Go struct field StreamResponse.headers of type map[string]string": (
        201,
        {"headers": []},
    ),
    f"{_STREAM}unexpected end of JSON input": (201, b"{"),
    "error parsing stream: boom": (201, {"error": "boom"}),
}


@pytest.mark.parametrize("complaint", REFUSED)
def test_a_refused_answer_is_told_in_the_real_words(complaint: str) -> None:
    """An answer that can't be read fails its attempt with the error of the real server; other runs go on."""
    status, body = REFUSED[complaint]

    went, other, app = live(Answer(status, SDK, json_of(body)))

    told = {"error": complaint, "name": "Error", "message": complaint}
    assert (went.status, orjson.loads(went.output or "")) == ("FAILED", {"error": told})
    assert (len(app.asked), other.status) == (1, "COMPLETED")


UNUSABLE = {
    "a sleep until never": one("Sleep", opts={"duration": "never"}),
    "a sleep for a number": one("Sleep", opts={"duration": 5}),
    "a sleep for ever": one("Sleep", opts={"duration": "99999999999h"}),
    "a sleep of a list": one("Sleep", opts=[1]),
    "a wait for nothing": [{"op": "WaitForEvent", "id": "s"}],
    "a wait for a number": one("WaitForEvent", opts={"event": 5}),
    "a wait until never": one("WaitForEvent", opts={"timeout": "never"}),
    "a condition that is a number": one("WaitForEvent", opts={"timeout": "1s", "if": 5}),
    "an invocation of a text": one("InvokeFunction", opts="other"),
    "an invocation with a text": one("InvokeFunction", opts={"function_id": "other", "payload": "x"}),
    "an invocation with data that is a list": one(
        "InvokeFunction", opts={"function_id": "other", "payload": {"data": []}}
    ),
}


@pytest.mark.parametrize("unusable", UNUSABLE)
def test_operations_that_cannot_be_acted_upon_are_asked_for_again(unusable: str) -> None:
    """Operations with unreadable options are asked for again, although the function has no attempts left."""
    went, other, app = live(Answer(STEPS, SDK, json_of(UNUSABLE[unusable])))

    assert (went.status, went.output, other.status) == ("COMPLETED", '{"told":[]}', "COMPLETED")
    assert [asked["ctx"]["attempt"] for asked in app.asked] == [0, 1]


def test_operations_that_never_can_be_acted_upon_leave_the_run_hanging() -> None:
    """After twenty more attempts nobody asks any more, and the run neither fails nor ends."""

    class Stubborn(OddApp):
        async def send(self, *given: Any, **named: Any) -> Answer:
            self.asked.append((given, named))
            return Answer(STEPS, SDK, json_of(UNUSABLE["a sleep until never"]))

    async def living() -> tuple[str, int]:
        app, clock = Stubborn(Answer(200, SDK, b"")), TurnedClock()
        engine = Engine(Options(retry_interval=1.0), clock=clock, client=app)
        engine.sync.register(registration("go", retries=3), "")
        engine.runner.accept({"name": "go"})
        for _ in range(30):
            await settled()
            await clock.turn(1.0)
        await engine.stop()
        return next(engine.state.newest_runs()).status, len(app.asked)

    assert asyncio.run(living()) == ("RUNNING", 21)


def test_an_error_without_a_body_is_told_by_its_status() -> None:
    """An SDK's error without a word leaves the status as the run's output."""
    went, _, _ = live(Answer(503, SDK, b""))

    assert (went.status, went.output) == ("FAILED", '"invalid status code: 503"')


def test_a_result_that_is_to_be_retried_is_a_failure() -> None:
    """A `Retry-After` beside a result makes it a failed attempt, as on the real server."""
    went, _, app = live(Answer(200, {**SDK, "retry-after": "1"}, b'"fine"'), retries=1)

    assert (went.status, [asked["ctx"]["attempt"] for asked in app.asked]) == ("COMPLETED", [0, 1])


def as_go_reads(value: Any) -> bytes:
    """Write any JSON, lone surrogates and endless numbers too."""
    return json.dumps(value).replace("Infinity", "1e999").encode()


NUMBERS = st.integers() | st.floats(allow_nan=False) | st.just(10**400)
SCALARS = st.none() | st.booleans() | NUMBERS | st.text()
ANY_JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)
WORDS = st.sampled_from(["1s", "2026-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "x", "", "-5h", "go", "true"])
OPTIONS = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("duration", "timeout", "event", "if", "function_id", "parallelMode"), WORDS | ANY_JSON)
    | {"payload": st.fixed_dictionaries({}, optional={"data": ANY_JSON, "user": ANY_JSON}) | ANY_JSON},
)
OPERATION = st.fixed_dictionaries(
    {"op": st.sampled_from(["Step", "StepRun", "StepError", "StepFailed", "StepPlanned", "Sleep", "WaitForEvent"])
     | st.sampled_from(["InvokeFunction", "RunComplete", "None", "AIGateway"])},
    optional={
        "id": WORDS | ANY_JSON,
        "name": WORDS | ANY_JSON,
        "displayName": WORDS | ANY_JSON,
        "opts": OPTIONS | ANY_JSON,
        "data": ANY_JSON,
        "error": st.dictionaries(st.sampled_from(["name", "message", "stack", "data"]), ANY_JSON) | ANY_JSON,
        "timing": st.dictionaries(st.sampled_from(["a", "b"]), st.integers() | ANY_JSON) | ANY_JSON,
    },
)  # fmt: skip
STREAM = st.dictionaries(st.sampled_from(["status", "body", "headers", "error"]), ANY_JSON)
WRITTEN = (st.lists(OPERATION, max_size=3) | OPERATION | STREAM | ANY_JSON).map(as_go_reads)
HEADERS = st.dictionaries(
    st.sampled_from(["retry-after", "x-inngest-no-retry", "x-inngest-req-version", "x-inngest-sdk", "content-type"]),
    st.text() | st.sampled_from(["5", "9" * 30, "true", "inngest-js:v1.9.0", "Mon, 01 Jan 99999999999 00:00:00 GMT"]),
)


@tried(100)
@given(status=st.sampled_from([200, 201, 206, 400, 500]), body=WRITTEN | st.binary(), headers=HEADERS)
def test_no_answer_is_too_odd_for_the_engine(status: int, body: bytes, headers: dict[str, str]) -> None:
    """Whatever an app answers, its run is carried on to an end that can be told of, and no other run notices."""
    answer = Answer(status, {**SDK, **headers}, body)

    went, other, app = live(answer, retries=1)

    assert "fault of the embedded engine" not in str(went.output)
    assert went.ended or went.status == "RUNNING"
    assert (other.status, other.output) == ("COMPLETED", '{"told":[]}')
    assert 1 <= len(app.asked) <= 5
