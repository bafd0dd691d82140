"""Waits, invocations and large results: what steps do beyond the recorded scenarios."""

from tests.unit.embedded_inngest.recordings import Json
from tests.unit.embedded_inngest.scripted_app import ScriptedApp, operation, operations, result

SOON = "200ms"
LATE = "1h"
LARGEST_CALL = 4 * 1024 * 1024
"""Bytes; the results of steps may take all but 1024 of them."""


def wait_for(event: str, timeout: str, **options: str) -> Json:
    """Return the opcode of a step that waits for an event."""
    return operation("WaitForEvent", "wait", opts={"event": event, "timeout": timeout, **options})


def start(app: ScriptedApp, *, count: int = 1) -> list[str]:
    """Sync, start runs of `go` and return the ids of their events once the app was called for all of them."""
    app.sync()
    ids = [app.send("go", {"key": number}) for number in range(count)]
    app.calls("go", count=count)
    return ids


def test_a_wait_ends_for_an_exact_name_only(app: ScriptedApp) -> None:
    """A wait for a name with a star isn't ended by what a trigger with that name would match."""
    waits = wait_for(app.event("*"), SOON)
    app.serves("go", operations(waits), result())
    [event_id] = start(app)

    app.send("anything")
    app.runs(event_id)

    assert app.calls("go")[1].json["steps"] == {waits["id"]: None}


def test_an_event_ends_every_wait_that_it_meets(app: ScriptedApp) -> None:
    """One event resumes all runs that wait for it, and none of those whose expression it doesn't meet."""
    waits = wait_for(app.event("over"), LATE, **{"if": "event.data.key != async.data.spared"})
    app.serves("go", operations(waits), operations(waits), operations(waits), result())
    spared, *resumed = start(app, count=3)

    app.send("over", {"spared": 0})
    ended = [run["status"] for event_id in resumed for run in app.runs(event_id)]

    assert ended == ["COMPLETED", "COMPLETED"]
    assert app.server.runs_of(spared)[0]["status"] == "RUNNING"


def test_a_cancelled_run_waits_no_more(app: ScriptedApp) -> None:
    """The event that a cancelled run was waiting for wakes nobody."""
    app.serves("go", operations(wait_for(app.event("over"), LATE)), result())
    app.serves("sentinel", triggers=[{"event": app.event("over")}])
    [event_id] = start(app)
    app.server.answer("DELETE", f"/v1/runs/{app.server.runs_of(event_id)[0]['id']}")

    app.runs(app.send("over"))

    assert app.runs(event_id)[0]["status"] == "CANCELLED"
    assert len(app.calls("go")) == 1


def test_an_invocation_can_time_out(app: ScriptedApp) -> None:
    """A step whose function takes too long gets the error of the real server; the function itself goes on."""
    slow = operations(operation("Sleep", "nap", opts={"duration": LATE}))
    opts = {"function_id": app.slug("slow"), "payload": {"data": {}}, "timeout": SOON}
    invokes = operation("InvokeFunction", "inv", opts=opts)
    app.serves("slow", slow, triggers=[{"event": app.event("never")}])
    app.serves("go", operations(invokes), result())

    app.run("go")

    error = app.calls("go")[1].json["steps"][invokes["id"]]["error"]
    assert error["name"] == "InngestInvokeTimeoutError"
    assert error["message"] == "Timed out waiting for invoked function to complete"


def test_large_results_are_left_for_the_app_to_fetch(app: ScriptedApp) -> None:
    """Results of steps that would leave no room in a call aren't sent; the app is told to fetch them, and can."""
    large = operation("StepRun", "large", data="x" * (LARGEST_CALL - 1024))
    app.serves("go", operations(large), operations(operation("Sleep", "nap", opts={"duration": LATE})))
    start(app)

    call = app.calls("go", count=2)[1]
    fetched = app.server.get(f"/v0/runs/{call.header('x-run-id')}/actions")["body"]

    assert (call.json["use_api"], call.json["ctx"]["use_api"], call.json["steps"]) == (True, True, {})
    assert len(fetched[large["id"]]["data"]) == LARGEST_CALL - 1024


def test_large_events_are_left_for_the_app_to_fetch(app: ScriptedApp) -> None:
    """An event that a call has no room for twice is sent once; the app is told to fetch the list, and can."""
    app.serves("go", operations(operation("Sleep", "nap", opts={"duration": LATE})))
    app.sync()
    app.send("go", {"large": "x" * (LARGEST_CALL // 2)})

    [call] = app.calls("go", count=1)
    fetched = app.server.get(f"/v0/runs/{call.header('x-run-id')}/batch")["body"]

    assert (call.json["use_api"], call.json["ctx"]["use_api"], call.json["events"]) == (True, True, [])
    assert [len(event["data"]["large"]) for event in fetched] == [LARGEST_CALL // 2]


def test_a_run_outlives_its_function_only_to_fail(app: ScriptedApp) -> None:
    """A run whose function was removed meanwhile fails with an error and isn't called again."""
    app.serves("go", operations(operation("Sleep", "nap", opts={"duration": SOON})))
    app.serves("stays")
    [event_id] = start(app)
    app.removes("go")
    app.sync()

    [run] = app.runs(event_id)

    assert (run["status"], len(app.calls("go"))) == ("FAILED", 1)
    assert "error loading function" in run["output"]
