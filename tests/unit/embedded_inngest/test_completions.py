"""Results that come as an operation, and answers that ask for what the engine lacks or for nothing."""

import pytest

from harness.waiters import stays
from tests.unit.embedded_inngest.checkpointing import OUTPUT, complete, step
from tests.unit.embedded_inngest.recordings import Json
from tests.unit.embedded_inngest.scripted_app import ScriptedApp, error, operation, operations, result

NOT_IMITATED = (
    "AIGateway",
    "Gateway",
    "SyncRunComplete",
    "DiscoveryRequest",
    "DeferAdd",
    "DeferAbort",
)
ATTEMPTS = "query($id: String!) { run(runID: $id) { trace { childrenSpans { childrenSpans { outputID } } } } }"


def test_a_result_can_come_as_an_operation(app: ScriptedApp) -> None:
    """The run completes at once; its trace leads to the result under the name of the operation."""
    app.serves("go", operations(complete({"b": 1, "a": "<>"})))

    run = app.run("go")
    [span] = run["trace"]["childrenSpans"]
    shown = app.server.graphql(OUTPUT, id=run["trace"]["outputID"])

    assert (run["status"], span["name"], span["status"]) == ("COMPLETED", "complete", "COMPLETED")
    assert shown["data"]["runTraceSpanOutputByID"]["data"] == '{"b":1,"a":"<>"}'
    assert len(app.calls("go")) == 1


def test_such_a_result_is_shown_as_the_real_server_shows_it(app: ScriptedApp) -> None:
    """GraphQL shows the whole answer as the output of the run, REST nothing: traps for whoever reads outputs."""
    app.serves("go", operations(complete()))

    run = app.run("go")
    rest = app.server.get(f"/v1/runs/{run['id']}")["body"]["data"]

    assert (run["output"][:2], '"data": "done"' in run["output"]) == ("[{", True)
    assert (rest["status"], rest["output"]) == ("Completed", "")


def test_such_a_result_is_told(app: ScriptedApp) -> None:
    """Events about the end of the run carry the result itself."""
    app.serves("ears", triggers=[{"event": "inngest/function.finished", "expression": _about(app.slug("go"))}])
    app.serves("go", operations(complete({"answer": 42})))

    app.run("go")

    assert app.calls("ears", count=1)[0].json["event"]["data"]["result"] == {"answer": 42}


def _about(slug: str) -> str:
    return f"event.data.function_id == '{slug}'"


def test_such_a_result_reaches_who_invoked(app: ScriptedApp) -> None:
    """A step that invokes a function gets the result itself."""
    invokes = operation("InvokeFunction", "inv", opts={"function_id": app.slug("called"), "payload": {"data": {}}})
    app.serves("called", operations(complete({"answer": 42})), triggers=[{"event": app.event("never")}])
    app.serves("go", operations(invokes), operations(complete()))

    app.run("go")

    assert app.calls("go")[1].json["steps"] == {invokes["id"]: {"data": {"answer": 42}}}


def test_the_error_of_an_invoked_function_is_shown(app: ScriptedApp) -> None:
    """The line of an invocation that failed says so, and the error names what forbade another attempt."""
    invokes = operation("InvokeFunction", "inv", opts={"function_id": app.slug("called"), "payload": {"data": {}}})
    app.serves("called", error(("x-inngest-no-retry", "true"), status=400), triggers=[{"event": app.event("never")}])
    app.serves("go", operations(invokes), operations(complete()))

    run = app.run("go")

    assert [span["status"] for span in run["trace"]["childrenSpans"]] == ["FAILED", "COMPLETED"]
    assert app.calls("go")[1].json["steps"][invokes["id"]]["error"]["error"] == "NonRetriableError"


def test_a_result_ends_whatever_stands_beside_it(app: ScriptedApp) -> None:
    """Steps in the same answer start nothing any more, not even one that failed and could be tried again."""
    beside = [step("one"), operation("StepError", "two", error={"name": "Error", "message": "scripted"})]
    app.serves("go", operations(*beside, complete()), retries=1)

    assert app.run("go")["status"] == "COMPLETED"
    assert len(app.calls("go")) == 1


def test_a_result_can_follow_a_failed_attempt(app: ScriptedApp) -> None:
    """The line of the call that failed first is the one that ends well."""
    app.serves("go", error(), operations(complete()), retries=1)

    [span] = app.run("go")["trace"]["childrenSpans"]

    assert (span["name"], span["status"], span["attempts"]) == ("execute", "COMPLETED", 1)


@pytest.mark.parametrize("opcode", NOT_IMITATED)
def test_an_opcode_that_is_not_imitated_fails_the_run_at_once(opcode: str, app: ScriptedApp) -> None:
    """The run fails without another attempt and names the opcode, so that nobody waits for it."""
    app.serves("go", operations(operation(opcode)), retries=5)

    run = app.run("go")

    assert run["status"] == "FAILED"
    assert f"not imitated by the embedded engine: opcode {opcode}" in run["output"]
    assert len(app.calls("go")) == 1


@pytest.mark.parametrize("nothing", [[], [{}]])
def test_an_answer_without_content_is_asked_again(nothing: list[Json], app: ScriptedApp) -> None:
    """An app that has neither steps nor a result yet is called again."""
    app.serves("go", operations(*nothing), operations(complete()))

    assert app.run("go")["status"] == "COMPLETED"


def test_an_answer_without_content_after_a_step_is_the_end(app: ScriptedApp) -> None:
    """The real server takes the second question after one step for a repeat and drops it: the run hangs."""
    app.serves("go", operations(step("one")), operations(), operations(complete()))
    app.sync()
    app.send("go")
    app.calls("go", count=2)

    stays(lambda: len(app.calls("go")), lambda count: count == 2, during=0.5, promise="No third call comes.")


def test_a_step_that_failed_for_good_early_looks_unfinished(app: ScriptedApp) -> None:
    """The real server leaves its line open for the attempts that will not come; the run goes on."""
    failed = operation("StepFailed", "one", error={"name": "Error", "message": "scripted"})
    app.serves("go", operations(failed), operations(complete()), retries=1)

    first, last = app.run("go")["trace"]["childrenSpans"]

    assert (first["status"], [attempt["status"] for attempt in first["childrenSpans"]]) == (
        "RUNNING",
        ["FAILED", "QUEUED"],
    )
    assert last["status"] == "COMPLETED"


def test_a_repeated_step_shows_its_result(app: ScriptedApp) -> None:
    """The output of a step that failed first and then did not is its result; the attempt keeps its error."""
    failed = operation("StepError", "one", error={"name": "Error", "message": "scripted"})
    app.serves("go", operations(failed), operations(step("one", 7)), operations(complete()), retries=1)

    run = app.run("go")
    first, _ = run["trace"]["childrenSpans"]

    attempt = app.server.graphql(ATTEMPTS, id=run["id"])["data"]["run"]["trace"]["childrenSpans"][0]["childrenSpans"][0]
    shown = [app.server.graphql(OUTPUT, id=one["outputID"])["data"] for one in (first, attempt)]
    assert [one["runTraceSpanOutputByID"] for one in shown] == [
        {"data": "7", "error": None},
        {"data": None, "error": {"message": "scripted"}},
    ]


def test_a_result_after_a_failed_step_is_shown(app: ScriptedApp) -> None:
    """A function that returns where its step had failed has its result, not the error of the step."""
    failed = operation("StepError", "one", error={"name": "Error", "message": "scripted"})
    app.serves("go", operations(failed), result("after"), retries=1)

    [span] = app.run("go")["trace"]["childrenSpans"]
    shown = app.server.graphql(OUTPUT, id=span["outputID"])["data"]["runTraceSpanOutputByID"]

    assert shown == {"data": '"after"', "error": None}
