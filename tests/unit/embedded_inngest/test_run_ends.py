"""How runs end, and who hears of it."""

from harness.receiver.answers import Answer
from harness.waiters import until
from tests.unit.embedded_inngest.recordings import Json
from tests.unit.embedded_inngest.scripted_app import SDK, ScriptedApp, error, operation, operations, result

NAP = operations(operation("Sleep", "nap", opts={"duration": "1h"}))


def started(app: ScriptedApp, function: str) -> tuple[str, str]:
    """Sync, send the event of a function, and return the ids of the event and of its run once the app was called."""
    app.sync()
    event_id = app.send(function)
    app.calls(function, count=1)
    [run] = app.server.runs_of(event_id)
    return event_id, run["id"]


def hears(app: ScriptedApp, internal: str, *about: str) -> None:
    """Add a function `ears` that is triggered by an internal event about other functions of the app."""
    slugs = ", ".join(f"'{app.slug(function)}'" for function in about)
    expression = f"event.data.function_id in [{slugs}]"
    app.serves("ears", triggers=[{"event": f"inngest/function.{internal}", "expression": expression}])


def heard(app: ScriptedApp) -> Json:
    """Return the event with which `ears` was called, once it was."""
    event: Json = app.calls("ears", count=1)[0].json["event"]
    return event


def test_a_cancelled_run_ends_at_once(app: ScriptedApp) -> None:
    """A run that sleeps for an hour is over as soon as it is cancelled, and is not called again."""
    app.serves("go", NAP)
    event_id, run_id = started(app, "go")

    answer = app.server.answer("DELETE", f"/v1/runs/{run_id}")
    [run] = app.runs(event_id)

    assert (answer["status"], answer["body"]) == (200, "")
    assert run["status"] == "CANCELLED"
    assert len(app.calls("go")) == 1


def test_the_answer_to_a_cancelled_run_is_dropped(app: ScriptedApp) -> None:
    """What the app answers after its run was cancelled changes nothing."""
    slow = Answer(status=200, headers=SDK, body=b'"too late"', delay=0.3)
    app.serves("go", slow)
    app.sync()
    event_id = app.send("go")
    [run] = until(lambda: app.server.runs_of(event_id), within=5)
    until(lambda: app.server.run(run["id"])["data"]["run"]["status"] == "RUNNING", within=5)

    app.server.answer("DELETE", f"/v1/runs/{run['id']}")
    app.calls("go", count=1)
    until(lambda: app.calls("go")[0].ended, within=5)

    assert app.runs(event_id)[0]["status"] == "CANCELLED"


def test_a_cancelled_run_tells(app: ScriptedApp) -> None:
    """The event `inngest/function.cancelled` names the function and the run, and its id is the run's."""
    hears(app, "cancelled", "go")
    app.serves("go", NAP)
    _, run_id = started(app, "go")

    app.server.answer("DELETE", f"/v1/runs/{run_id}")

    event = heard(app)
    assert (event["id"], event["data"]["run_id"]) == (run_id, run_id)
    assert event["data"]["_inngest"] == {"status": "Cancelled"}


def test_a_completed_run_tells(app: ScriptedApp) -> None:
    """The event `inngest/function.finished` carries the result and the event that started the run."""
    hears(app, "finished", "go")
    app.serves("go", result({"answer": 42}))

    app.run("go", {"question": 6})

    event = heard(app)
    assert event["data"]["result"] == {"answer": 42}
    assert event["data"]["event"]["data"] == {"question": 6}
    assert event["data"]["_inngest"] == {"status": "Completed"}


def test_a_failed_run_tells_once(app: ScriptedApp) -> None:
    """The event `inngest/function.failed` carries the error, once, after the last attempt."""
    hears(app, "failed", "go")
    app.serves("go", error(), retries=1)

    app.run("go")

    event = heard(app)
    assert event["data"]["error"]["message"] == "scripted"
    assert [call.json["ctx"]["attempt"] for call in app.calls("go")] == [0, 1]
    assert len(app.calls("ears")) == 1


def test_internal_events_tell_nothing_of_their_own_listeners(app: ScriptedApp) -> None:
    """The end of a run that an end has started is no news: nobody hears of it, least of all itself."""
    hears(app, "finished", "go", "ears")
    app.serves("go")
    app.sync()

    for _ in range(2):  # the second is the sentinel: whatever followed from the first came before it
        app.runs(app.send("go"))
    calls = app.calls("ears", count=2)

    assert [call.json["event"]["data"]["function_id"] for call in calls] == [app.slug("go")] * 2


def test_invoking_an_unknown_function_fails_the_step(app: ScriptedApp) -> None:
    """A step that invokes a function that doesn't exist gets an error that names it; the run goes on."""
    invoke = operation("InvokeFunction", "inv", opts={"function_id": "nobody-nothing", "payload": {"data": {}}})
    app.serves("go", operations(invoke), result())

    assert app.run("go")["status"] == "COMPLETED"
    assert "nobody-nothing" in app.calls("go")[1].json["steps"][invoke["id"]]["error"]["message"]


def test_a_function_that_fails_fails_the_step_that_invoked_it(app: ScriptedApp) -> None:
    """The error of an invoked function becomes the error of the step."""
    invoke = operation("InvokeFunction", "inv", opts={"function_id": app.slug("callee"), "payload": {"data": {}}})
    app.serves("callee", error())
    app.serves("go", operations(invoke), result())

    app.run("go")

    assert app.calls("go")[1].json["steps"][invoke["id"]]["error"]["message"] == "scripted"


def test_a_step_that_errs_for_good_is_given_to_the_function(app: ScriptedApp) -> None:
    """After the last attempt of a step its error is kept and the function is called with it."""
    errs = operation("StepError", "bad", error={"name": "E", "message": "no", "stack": ""})
    app.serves("go", operations(errs), operations(errs), result("caught"), retries=1)

    assert app.run("go")["output"] == '"caught"'
    assert app.calls("go")[2].json["steps"][errs["id"]]["error"]["message"] == "no"


def test_answers_of_v1_are_cached(app: ScriptedApp) -> None:
    """`/v1/runs/{id}` says the same for three seconds, whatever the run does meanwhile, and says until when."""
    app.serves("go", NAP)
    _, run_id = started(app, "go")

    before = app.server.get(f"/v1/runs/{run_id}")["body"]
    app.server.answer("DELETE", f"/v1/runs/{run_id}")
    after = app.server.get(f"/v1/runs/{run_id}")["body"]

    assert after == before
    assert before["metadata"]["cached_until"] > before["metadata"]["fetched_at"]
