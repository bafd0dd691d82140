"""What both APIs say of runs of batches and of those that were skipped, as v1.43.0 says it."""

from harness.waiters import until
from tests.unit.embedded_inngest.recordings import Json
from tests.unit.embedded_inngest.scripted_app import ScriptedApp, operation, operations
from tests.unit.embedded_inngest.server import Server

RUN = """query($id: String!) {
  run(runID: $id) { status isBatch eventName triggerIDs output startedAt endedAt
    trace(preview: true) { status skipReason skipExistingRunID } }
  runTrigger(runID: $id) { eventName IDs isBatch batchID payloads } }"""
SKIPPED = "query($id: ULID!) { eventV2(id: $id) { runs { id status } } }"
LISTED = """query { runs(first: 40, orderBy: [{field: QUEUED_AT, direction: DESC}],
  filter: {from: "2020-01-01T00:00:00Z"}) { edges { node { id } } } }"""
RERUN = "mutation($id: ULID!) { rerun(runID: $id) }"
NAP = operations(operation("Sleep", "nap", opts={"duration": "1h"}))


def started(app: ScriptedApp, event_id: str) -> Json:
    """Return the run that an event has started."""
    return until(lambda: app.server.runs_of(event_id), bool, within=5)[0]


def test_a_run_shows_its_batch(app: ScriptedApp) -> None:
    """GraphQL names the batch and all its events, and the app can fetch them while the run goes on."""
    app.serves("go", NAP, batchEvents={"maxSize": 2, "timeout": "60s"})
    app.sync()
    ids = [app.send("go", {"n": number}) for number in range(2)]

    run_id = started(app, ids[0])["id"]

    told = app.server.graphql(RUN, id=run_id)["data"]
    batch = app.server.get(f"/v0/runs/{run_id}/batch")["body"]
    assert (told["run"]["isBatch"], told["run"]["triggerIDs"], told["run"]["eventName"]) == (True, ids, None)
    assert (told["runTrigger"]["isBatch"], told["runTrigger"]["IDs"], len(told["runTrigger"]["batchID"])) == (
        True,
        ids,
        26,
    )
    assert [event["data"]["n"] for event in batch] == [0, 1]


def test_an_event_of_a_batch_counts_for_its_first(app: ScriptedApp) -> None:
    """The run is found under the first event of its batch, and under no other."""
    app.serves("go", batchEvents={"maxSize": 2, "timeout": "60s"})
    app.sync()
    first, second = (app.send("go") for _ in range(2))

    [run] = app.runs(first)

    assert (run["status"], app.server.runs_of(second)) == ("COMPLETED", [])
    assert app.server.get(f"/v1/events/{second}/runs")["body"]["data"] == []


def test_a_run_that_was_skipped_says_for_whom(app: ScriptedApp) -> None:
    """It is found by its id and under its event, and says which run kept it out."""
    app.serves("go", NAP, singleton={"mode": "skip"})
    app.sync()
    holder = started(app, app.send("go"))["id"]

    [run] = app.server.graphql(SKIPPED, id=app.send("go"))["data"]["eventV2"]["runs"]

    told = app.server.graphql(RUN, id=run["id"])["data"]["run"]
    assert (told["status"], told["output"], told["endedAt"]) == ("SKIPPED", None, None)
    assert told["trace"] == {"status": "SKIPPED", "skipReason": "Singleton", "skipExistingRunID": holder}


def test_a_run_that_was_skipped_is_no_run_to_others(app: ScriptedApp, server: Server) -> None:
    """No list has it, REST does not know it, and it can't be run again."""
    app.serves("go", NAP, singleton={"mode": "skip"})
    app.sync()
    started(app, app.send("go"))
    event_id = app.send("go")
    [run] = server.graphql(SKIPPED, id=event_id)["data"]["eventV2"]["runs"]

    listed = [edge["node"]["id"] for edge in server.graphql(LISTED)["data"]["runs"]["edges"]]
    [complaint] = server.graphql(RERUN, id=run["id"])["errors"]

    assert (server.runs_of(event_id), run["id"] in listed) == ([], False)
    assert server.get(f"/v1/runs/{run['id']}")["body"]["status"] == 500
    assert complaint["message"] == "sql: no rows in result set"


def test_what_does_not_start_again_says_why(app: ScriptedApp) -> None:
    """A rerun that is put off or skipped is an error, in the words of the real server."""
    app.serves("late", debounce={"period": "1s"})
    app.serves("alone", NAP, singleton={"mode": "skip"})
    app.sync()
    late, alone = app.runs(app.send("late"))[0], started(app, app.send("alone"))

    complaints = [app.server.graphql(RERUN, id=run["id"])["errors"][0]["message"] for run in (late, alone)]

    assert complaints == ["function debounced", "function skipped"]
