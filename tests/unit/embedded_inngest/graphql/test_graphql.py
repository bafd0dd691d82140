"""What tools do through GraphQL: look into runs, start them, stop them, repeat them."""

from typing import Any

import pytest

from harness.waiters import until
from tests.unit.embedded_inngest.recordings import Json
from tests.unit.embedded_inngest.scripted_app import ScriptedApp, error, operation, operations, result
from tests.unit.embedded_inngest.server import Server

OUTPUT = "query($id: String!){runTraceSpanOutputByID(outputID: $id){data error{message name stack}}}"
INVOKE = "mutation($slug: String!, $data: Map){invokeFunction(functionSlug: $slug, data: $data)}"
CANCEL = "mutation($id: ULID!){cancelRun(runID: $id){id status}}"
RERUN = "mutation($id: ULID!){rerun(runID: $id)}"
CREATE_APP = "mutation($url: String!){createApp(input: {url: $url}){id url}}"
RUNS = """query($from: Time!){
  runs(first: 10, orderBy: [{field: QUEUED_AT, direction: DESC}], filter: {from: $from}){
    edges { node { id status function { slug } } } totalCount pageInfo { hasNextPage }
  }
}"""

FIELDS_OF_THE_REAL_SCHEMA: dict[str, set[str]] = {
    "Query": {
        *("app", "apps", "debugRun", "debugSession", "event", "eventV2", "events", "eventsV2", "functionBySlug"),
        *("functionRun", "functions", "run", "runTrace", "runTraceSpanOutputByID", "runTrigger", "runs", "stream"),
        *("workerConnection", "workerConnections"),
    },
    "Mutation": {
        *("cancelRun", "createApp", "createDebugSession", "deleteApp", "deleteAppByName", "invokeFunction", "rerun"),
        "updateApp",
    },
    "RunTraceSpanOutput": {"input", "data", "error"},
    "RunTraceTrigger": {"eventName", "IDs", "payloads", "timestamp", "isBatch", "batchID", "cron"},
}


def span_output(app: ScriptedApp, run: Json, name: str) -> Any:
    """Return the output of the span with that name."""
    [span] = [span for span in run["trace"]["childrenSpans"] if span["name"] == name]
    return app.server.graphql(OUTPUT, id=span["outputID"])["data"]["runTraceSpanOutputByID"]


def test_the_output_of_a_step_can_be_read(app: ScriptedApp) -> None:
    """The span of a step leads to what the step returned, as JSON."""
    app.serves("go", operations(operation("StepRun", "one", data={"a": 1})), result())

    assert span_output(app, app.run("go"), "one") == {"data": '{"a":1}', "error": None}


def test_the_error_of_a_step_can_be_read(app: ScriptedApp) -> None:
    """The span of a step that failed leads to its error."""
    failed = operation("StepFailed", "bad", error={"name": "E", "message": "no", "stack": "here"})
    app.serves("go", operations(failed), result())

    output = span_output(app, app.run("go"), "bad")

    assert output["error"] == {"message": "no", "name": "E", "stack": "here"}


def test_a_function_can_be_invoked(app: ScriptedApp) -> None:
    """`invokeFunction` calls the function with the data, as an internal event."""
    app.serves("go")
    app.sync()

    answer = app.server.graphql(INVOKE, slug=app.slug("go"), data={"x": 1})
    event = app.calls("go", count=1)[0].json["event"]

    assert answer == {"data": {"invokeFunction": True}}
    assert (event["name"], event["data"]["x"]) == ("inngest/function.invoked", 1)


def test_a_run_can_be_cancelled_but_not_after_its_end(app: ScriptedApp) -> None:
    """`cancelRun` cancels a run that sleeps, and refuses one that has ended."""
    app.serves("go", operations(operation("Sleep", "nap", opts={"duration": "1h"})))
    app.serves("ends")
    app.sync()
    event_id = app.send("go")
    [sleeping], [ended] = until(lambda: app.server.runs_of(event_id), within=5), app.runs(app.send("ends"))

    assert "errors" not in app.server.graphql(CANCEL, id=sleeping["id"])
    assert app.runs(event_id)[0]["status"] == "CANCELLED"
    assert app.server.graphql(CANCEL, id=ended["id"])["errors"][0]["message"] == "cannot cancel an ended run"


def test_a_run_can_be_repeated(app: ScriptedApp) -> None:
    """`rerun` starts the function again with the same event, in another run, although the event's id is known."""
    app.serves("go", error(), result())
    app.sync()
    event_id = app.send("go", {"x": 1}, id=app.name)
    [failed] = app.runs(event_id)

    repeated = app.server.graphql(RERUN, id=failed["id"])["data"]["rerun"]
    first, second = app.calls("go", count=2)

    assert repeated == second.header("x-run-id") != failed["id"]
    assert second.json["event"] == first.json["event"]


def test_runs_are_listed_newest_first(app: ScriptedApp) -> None:
    """`runs` lists the runs since a time, newest first, each with its function and status."""
    app.serves("first")
    app.serves("last", error())
    app.sync()
    for function in ("first", "last"):
        app.runs(app.send(function))

    edges = app.server.graphql(RUNS, **{"from": "2020-01-01T00:00:00Z"})["data"]["runs"]["edges"]

    newest = [(edge["node"]["function"]["slug"], edge["node"]["status"]) for edge in edges[:2]]
    assert newest == [(app.slug("last"), "FAILED"), (app.slug("first"), "COMPLETED")]


def test_an_app_can_be_added(app: ScriptedApp) -> None:
    """`createApp` asks the app at the URL to register itself."""
    app.serves("go")

    app.server.graphql(CREATE_APP, url=app.url("go"))
    [asked] = app.calls("go", count=1)

    assert asked.method == "PUT"
    assert asked.header("x-inngest-server-kind") == "dev"


NOT_IMITATED = {
    "Query.debugSession": '{debugSession(query: {functionSlug: "x"}){debugRuns{debugRunID}}}',
    "Mutation.createDebugSession": 'mutation{createDebugSession(input: {functionSlug: "x"}){debugRunID}}',
    "debugRunID": 'mutation{rerun(runID: "01ARZ3NDEKTSV4RRFFQ69G5FAV", debugRunID: "01ARZ3NDEKTSV4RRFFQ69G5FAV")}',
    "event meta sessions": 'mutation{invokeFunction(functionSlug: "x", meta: {sessions: {a: "b"}})}',
    "nonsense": "{nonsense}",
    "Expected Name": "{",
    "no operation provided": " ",
}


@pytest.mark.parametrize("name", NOT_IMITATED)
def test_what_is_not_imitated_is_an_error_that_names_it(name: str, server: Server) -> None:
    """A query that the engine can't answer gets a GraphQL error with the name that was asked for, never a guess."""
    answer = server.graphql(NOT_IMITATED[name])

    assert name in str(answer["errors"])
    assert not any((answer["data"] or {}).values())


@pytest.mark.parametrize("of_type", FIELDS_OF_THE_REAL_SCHEMA)
def test_the_schema_has_no_fields_of_its_own(of_type: str, server: Server) -> None:
    """The engine's schema is a part of the real one: a query that works here is one that the real server knows."""
    answer = server.graphql("query($name: String!){__type(name: $name){fields{name}}}", name=of_type)

    assert {field["name"] for field in answer["data"]["__type"]["fields"]} <= FIELDS_OF_THE_REAL_SCHEMA[of_type]
