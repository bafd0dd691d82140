"""Steps that are reported between two answers, as JavaScript functions do unless they are told otherwise."""

import pytest

from tests.unit.embedded_inngest.checkpointing import ASYNC, OUTPUT, complete, opened, report, report_of, slow, step
from tests.unit.embedded_inngest.recordings import Json
from tests.unit.embedded_inngest.scripted_app import ScriptedApp, error, operation, operations, result
from tests.unit.embedded_inngest.server import Server

LARGEST_STEP = 4 * 1024 * 1024
FIELD = "struct field checkpointAsyncSteps.steps"
WRAPPING = len('{"data":""}')


PREVIEW = """query($id: String!) { run(runID: $id) {
  trace(preview: true) { name outputID childrenSpans { name status outputID } } } }"""


def output_of(app: ScriptedApp, span: Json) -> str:
    """Return the output to which a line of a trace leads."""
    output: str = app.server.graphql(OUTPUT, id=span["outputID"])["data"]["runTraceSpanOutputByID"]["data"]
    return output


def failed(name: str) -> Json:
    """Return the operation of a step that failed and is to be repeated."""
    return operation("StepError", name, error={"name": "Error", "message": "scripted"})


def memoised(app: ScriptedApp, function: str = "go") -> Json:
    """Return the steps that the last call brought along."""
    steps: Json = app.calls(function)[-1].json["steps"]
    return {name.lstrip("0"): value for name, value in steps.items()}


def test_a_reported_step_is_memoised(app: ScriptedApp) -> None:
    """A step that was reported before the function failed is not lost: the next attempt has its result."""
    app.serves("go", slow(error()), operations(complete()), retries=1)
    event_id, call = opened(app)

    answer = report(app, call, step("one", {"b": 1, "a": 2}))
    [run] = app.runs(event_id)

    assert (answer["status"], answer["body"], answer["headers"]["content-type"]) == (200, "", "application/json")
    assert memoised(app) == {"one": {"data": {"a": 2, "b": 1}}}
    assert (run["status"], [call.json["ctx"]["attempt"] for call in app.calls("go")]) == ("COMPLETED", [0, 1])


def test_the_first_report_of_a_step_stays(app: ScriptedApp) -> None:
    """A step that is reported again, or answered afterwards, keeps its first result and its place in the stack."""
    app.serves("go", slow(operations(step("one", 3))), operations(complete()))
    event_id, call = opened(app)

    statuses = [report(app, call, step("one", number), step("two"))["status"] for number in (1, 2)]
    app.runs(event_id)

    assert statuses == [200, 200]
    assert memoised(app) == {"one": {"data": 1}, "two": {"data": 1}}
    assert app.calls("go")[1].json["ctx"]["stack"]["current"] == 1


def test_the_body_names_the_run(app: ScriptedApp) -> None:
    """The run in the path is not looked at, as on the real server."""
    app.serves("go", slow(error()), operations(complete()), retries=1)
    event_id, call = opened(app)

    answer = app.server.post(ASYNC.format("nonsense"), report_of(call, step("one")))
    app.runs(event_id)

    assert (answer["status"], memoised(app)) == (200, {"one": {"data": 1}})


def test_a_step_fails_after_others_were_reported(app: ScriptedApp) -> None:
    """Only the step that failed is repeated; what was reported before it is there already."""
    app.serves("go", slow(operations(failed("two"))), operations(step("two")), operations(complete()), retries=1)
    event_id, call = opened(app)

    report(app, call, step("one"))
    [run] = app.runs(event_id)

    assert memoised(app) == {"one": {"data": 1}, "two": {"data": 1}}
    assert [call.json["ctx"]["attempt"] for call in app.calls("go")] == [0, 1, 0]
    assert [(span["status"], span["attempts"]) for span in run["trace"]["childrenSpans"]] == [
        ("COMPLETED", 1),
        ("COMPLETED", 0),
    ]


def test_parallel_steps_follow_a_reported_one(app: ScriptedApp) -> None:
    """Steps planned in the answer run one by one with what was reported before them, then all are there."""
    planned = [operation("StepPlanned", name) for name in ("two", "three")]
    runs = [slow(operations(*planned)), operations(step("two")), operations(step("three")), operations(complete())]
    app.serves("go", *runs)
    event_id, call = opened(app)

    report(app, call, step("one"))
    [run] = app.runs(event_id)

    assert run["status"] == "COMPLETED"
    assert memoised(app).keys() == {"one", "two", "three"}
    assert [call.json["steps"].keys() for call in app.calls("go")[1:3]] == [{step("one")["id"]}] * 2


def test_a_sleep_follows_a_reported_step(app: ScriptedApp) -> None:
    """The call after a sleep has the step that was reported before it, and the two stand in their order."""
    nap = operation("Sleep", "nap", opts={"duration": "100ms"})
    app.serves("go", slow(operations(nap)), operations(complete()))
    event_id, call = opened(app)

    report(app, call, step("one"))
    app.runs(event_id)

    assert app.calls("go")[1].json["ctx"]["stack"] == {"stack": [step("one")["id"], nap["id"]], "current": 2}


def test_reported_steps_leave_no_line_in_the_trace(app: ScriptedApp) -> None:
    """The trace shows neither steps that were reported nor those answered beside the result, as that of v1.43.0."""
    app.serves("go", slow(operations(step("two"), complete())))
    event_id, call = opened(app)

    report(app, call, step("one"), operation("StepPlanned", "two"))
    [run] = app.runs(event_id)

    assert (run["status"], run["trace"]["childrenSpans"], run["trace"]["outputID"]) == ("COMPLETED", [], None)


def test_the_preview_of_the_trace_shows_reported_steps(app: ScriptedApp) -> None:
    """The preview has what the trace lacks, each with its output: a secret in a reported step is there to be read."""
    app.serves("go", slow(operations(step("two", 2), complete())))
    event_id, call = opened(app)
    began = int(call.at * 1e9)

    report(app, call, step("one", 1, timing={"a": began + 10**6, "b": 10**6}), step("one", 7))
    [run] = app.runs(event_id)
    trace = app.server.graphql(PREVIEW, id=run["id"])["data"]["run"]["trace"]

    assert [(span["name"], output_of(app, span)) for span in (trace, *trace["childrenSpans"])] == [
        ("Run", '"done"'),
        ("executor.nonstep", '"done"'),
        ("one", "1"),
        ("two", "2"),
    ]


REFUSALS: dict[str, tuple[Json, str]] = {
    "a run that is none": ({"run_id": "0" * 26}, "run not found in state store"),
    "a run id that is none": ({"run_id": "7"}, "invalid request body: ulid: bad data size when unmarshaling"),
    "a function id that is none": ({"fn_id": "go"}, "invalid request body: invalid UUID length: 2"),
    "a step to wait for": ({"steps": [operation("Sleep", "nap")]}, "cannot checkpoint async steps"),
    "a step that failed once": ({"steps": [failed("one")]}, "cannot checkpoint async steps"),
    "a step that failed": ({"steps": [operation("StepFailed", "one")]}, "cannot checkpoint opcode: StepFailed"),
    "a result of the run": ({"steps": [complete()]}, "cannot checkpoint opcode: RunComplete"),
    "no opcode": ({"steps": [{"id": "one"}]}, "cannot checkpoint async steps"),
    "an unknown opcode": (
        {"steps": [operation("Teleport")]},
        "invalid request body: Teleport does not belong to Opcode values",
    ),
    "a step that is a number": (
        {"steps": [3]},
        f"invalid request body: json: cannot unmarshal number into Go {FIELD} of type state.GeneratorOpcode",
    ),
    "another call": ({"qi_id": "bm9wZTo6ZGVmYXVsdA=="}, "queue item not found"),
    "another shard": ({"qi_id": "bm9wZTo6bm93aGVyZQ=="}, "could not find queue shard for the specified name"),
}


@pytest.mark.parametrize("reason", REFUSALS)
def test_a_report_is_refused(reason: str, app: ScriptedApp) -> None:
    """What the real server refuses is refused with 400 and in its words; the run goes on with its call."""
    fields, words = REFUSALS[reason]
    app.serves("go", slow(operations(complete())))
    event_id, call = opened(app)

    answer = report(app, call, step("one"), **fields)

    assert (answer["status"], answer["body"]["error"]) == (400, words)
    assert app.runs(event_id)[0]["status"] == "COMPLETED"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", "EOF"),
        ("[]", "json: cannot unmarshal array into Go value of type apiv1.checkpointAsyncSteps"),
        ("{nope", "invalid character 'n' looking for beginning of object key string"),
    ],
)
def test_a_body_that_is_no_report_is_refused(body: str, words: str, server: Server) -> None:
    """A body that can't be read is refused in the words of the real server."""
    answer = server.answer("POST", ASYNC.format("0" * 26), body)

    assert (answer["status"], answer["body"]["error"]) == (400, f"invalid request body: {words}")


@pytest.mark.parametrize("qi_id", ["", "nonsense", None])
def test_a_report_need_not_name_its_call(qi_id: str | None, app: ScriptedApp) -> None:
    """A report that names no call, or something unreadable, is taken all the same."""
    app.serves("go", slow(operations(complete())))
    _, call = opened(app)

    assert report(app, call, step("one"), qi_id=qi_id)["status"] == 200


def test_what_was_reported_before_a_refused_step_is_kept(app: ScriptedApp) -> None:
    """A report is no transaction: its steps count up to the one for which it is refused."""
    app.serves("go", slow(error()), operations(complete()), retries=1)
    event_id, call = opened(app)

    answer = report(app, call, step("one"), operation("StepFailed", "two"), step("three"))
    app.runs(event_id)

    assert (answer["status"], memoised(app)) == (400, {"one": {"data": 1}})


def test_an_ended_run_takes_no_report(app: ScriptedApp) -> None:
    """A function that goes on although its run is over is told that there is no such run."""
    app.serves("go", operations(complete()))
    event_id, call = opened(app)
    app.runs(event_id)

    answer = report(app, call, step("one"))

    assert (answer["status"], answer["body"]["data"]) == (400, {"run_id": call.json["ctx"]["run_id"]})


@pytest.mark.parametrize(("spare", "status"), [(0, 200), (-1, 413)])
def test_a_reported_result_can_be_too_large(spare: int, status: int, app: ScriptedApp) -> None:
    """The result of a step may take four megabytes with its wrapping, and not a byte more."""
    app.serves("go", slow(error()), operations(complete()), retries=1)
    event_id, call = opened(app)

    answer = report(app, call, step("one", "x" * (LARGEST_STEP - WRAPPING - spare)))
    app.runs(event_id)

    assert answer["status"] == status


def test_an_answered_result_can_be_too_large(app: ScriptedApp) -> None:
    """An answer with the result of a step that is too large is a failed attempt and names the step."""
    large = step("one", "<" * (LARGEST_STEP // 6))
    app.serves("go", operations(large))

    run = app.run("go")

    assert run["status"] == "FAILED"
    words = f"error validating generator opcode {large['id']}: step output size is greater than the limit"
    assert words in run["output"]


@pytest.mark.parametrize("opcode", ["DeferAdd", "DeferAbort"])
def test_a_report_that_is_not_imitated_fails_the_run(opcode: str, app: ScriptedApp) -> None:
    """What the engine can't take from a report it names, there and in the run, which is over at once."""
    app.serves("go", slow(result()), retries=3)
    event_id, call = opened(app)
    words = f"not imitated by the embedded engine: opcode {opcode}"

    answer = report(app, call, operation(opcode))
    [run] = app.runs(event_id)

    assert (answer["status"], answer["body"]["error"], run["status"]) == (501, words, "FAILED")
    assert words in run["output"]


def test_reports_want_the_signing_key(signed_app: ScriptedApp) -> None:
    """In the signed mode a report is taken from those alone who have the key."""
    signed_app.serves("go", slow(error()), operations(complete()), retries=1)
    event_id, call = opened(signed_app)
    stranger = Server(signed_app.server.base_url)

    refused = stranger.post(ASYNC.format("any"), report_of(call, step("stolen")))
    taken = report(signed_app, call, step("one"))
    stranger.close()
    signed_app.runs(event_id)

    assert (refused["status"], taken["status"]) == (401, 200)
    assert memoised(signed_app) == {"one": {"data": 1}}


SYNCHRONOUS = {"/v1/checkpoint": "POST", "/v1/checkpoint/any/steps": "POST", "/v1/checkpoint/any/output": "GET"}


@pytest.mark.parametrize("path", SYNCHRONOUS)
def test_functions_that_no_event_starts_are_not_imitated(path: str, server: Server) -> None:
    """The other routes for checkpoints answer 501 and name themselves."""
    answer = server.answer(SYNCHRONOUS[path], path)

    assert (answer["status"], path in str(answer["body"])) == (501, True)
