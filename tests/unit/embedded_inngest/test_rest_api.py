"""What /v1 and /v0 say of events and runs, beyond the transcripts."""

import pytest

from harness.waiters import until
from tests.unit.embedded_inngest.scripted_app import ScriptedApp, operation, operations
from tests.unit.embedded_inngest.server import Server

NAP = operation("Sleep", "nap", opts={"duration": "1h"})
PENDING = "query($id: ID!){functionRun(query: {functionRunId: $id}){pendingSteps}}"
UNKNOWN = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


def test_events_are_listed_newest_first(app: ScriptedApp) -> None:
    """The list of events filters by name, stops at its limit and begins with the newest."""
    ids = [app.send("listed", {"number": number}) for number in range(3)]

    listed = app.server.get(f"/v1/events?limit=2&name={app.event('listed')}")["body"]["data"]

    assert [event["internal_id"] for event in listed] == ids[:0:-1]


def test_an_id_that_is_none_is_refused(server: Server) -> None:
    """What isn't a ULID can't be an event's id, which is another thing than an event that isn't known."""
    assert server.get("/v1/events/nonsense")["body"]["status"] == 400


def test_the_steps_of_a_run_can_be_fetched(app: ScriptedApp) -> None:
    """An SDK may fetch the results of the steps of a run, and its events, instead of getting them in the call."""
    step = operation("StepRun", "one", data={"a": 1})
    app.serves("go", operations(step), operations(NAP))
    app.sync()
    event_id = app.send("go", {"x": 1})
    run_id = app.calls("go", count=2)[0].header("x-run-id")

    steps, events = app.server.get(f"/v0/runs/{run_id}/actions"), app.server.get(f"/v0/runs/{run_id}/batch")

    assert steps["body"][step["id"]] == {"data": {"a": 1}}
    assert [(event["id"], event["data"]) for event in events["body"]] == [(event_id, {"x": 1})]


@pytest.mark.parametrize("part", ["actions", "batch"])
def test_the_state_of_an_ended_run_is_gone(part: str, app: ScriptedApp) -> None:
    """After its end the state of a run can't be fetched: 410, and the run is named."""
    app.serves("go")
    run_id = app.run("go")["id"]

    answer = app.server.get(f"/v0/runs/{run_id}/{part}")

    assert answer["status"] == 410
    assert f"runtime state is no longer available for runID: {run_id}" in str(answer["body"])


def test_an_unknown_run_can_not_be_cancelled(server: Server) -> None:
    """Cancelling a run that doesn't exist is an error, not a success."""
    assert server.answer("DELETE", f"/v1/runs/{UNKNOWN}")["body"]["error"]


def test_a_job_is_named(app: ScriptedApp) -> None:
    """What is still to be done for a run is listed with the id of its job, its kind and when it is due."""
    app.serves("go", operations(NAP))
    app.sync()
    app.send("go")
    run_id = app.calls("go", count=1)[0].header("x-run-id")

    until(lambda: app.server.graphql(PENDING, id=run_id)["data"]["functionRun"]["pendingSteps"], within=5)
    [job] = app.server.get(f"/v1/runs/{run_id}/jobs")["body"]["data"]

    assert list(job) == ["JobID", "at", "position", "kind", "attempt", "Raw"]
    assert (job["position"], job["kind"], job["attempt"]) == (0, "sleep", 0)


@pytest.mark.parametrize("path", ["/v0/runs/x/actions", "/v0/runs/x/batch"])
def test_a_run_id_that_is_none_is_refused(path: str, server: Server) -> None:
    """The routes by which SDKs fetch say that an id is none in words of their own."""
    answer = server.get(path)

    assert (answer["status"], answer["body"]["error"]) == (400, "The run ID specified is invalid")


def test_the_state_of_an_ended_run_can_not_be_cancelled(app: ScriptedApp) -> None:
    """To cancel by the state of a run that has none any more is a 404."""
    app.serves("go")
    run_id = app.run("go")["id"]

    answer = app.server.answer("DELETE", f"/v0/runs/{run_id}")

    assert answer["status"] == 404
    assert answer["body"]["error"] == "A function run with the given ID could not be found"


BROKEN = {
    "": "EOF",
    "{": "unexpected EOF",
    "[]": "json: cannot unmarshal array into Go value of type sdk.RegisterRequest",
    "nope": "invalid character 'o' in literal null (expecting 'u')",
}


@pytest.mark.parametrize("body", BROKEN)
def test_a_registration_that_is_no_json_is_refused(body: str, server: Server) -> None:
    """What can't be read as a registration is refused in the words of Go's reader, and with nothing else."""
    answer = server.answer("POST", "/fn/register", body)

    assert (answer["status"], answer["body"]) == (400, {"error": f"Invalid request: {BROKEN[body]}"})
