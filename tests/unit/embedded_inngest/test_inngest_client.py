"""The suite's client, asking the embedded engine what operators ask: runs by event, steps, replays and invocations."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from harness.clients.inngest import InngestClient
from harness.clients.inngest_answers import Run
from harness.errors import SetupError
from harness.waiters import until
from tests.unit.embedded_inngest.scripted_app import ScriptedApp, error, operation, operations, result
from tests.unit.embedded_inngest.server import Server

WITHIN = 5.0


@pytest.fixture
def client(server: Server) -> Iterator[InngestClient]:
    """A client of the engine."""
    client = InngestClient(server.base_url, "local")
    with closing(client.http):
        yield client


def run_of(client: InngestClient, event_id: str) -> Run:
    """Wait until the one run of an event has settled."""
    [run] = until(lambda: client.runs_of(event_id), within=WITHIN)
    return client.settled_run(run.id, within=WITHIN)


def test_steps_are_told_with_what_they_left(app: ScriptedApp, client: InngestClient) -> None:
    """Each step of a run is named once, with its kind, its status, its attempts and its output."""
    failed = operation("StepError", "post", error={"name": "E", "message": "no"})
    posted = operation("StepRun", "post", data={"status": 204})
    nap = operation("Sleep", "nap", opts={"duration": "10ms"})
    app.serves("go", operations(failed), operations(posted), operations(nap), result("fine"), retries=1)
    app.sync()

    run = run_of(client, app.send("go"))

    assert (run.slug, run.status, run.output) == (app.slug("go"), "COMPLETED", "fine")
    post, slept = client.steps_of(run)
    assert (post.name, post.op, post.status, post.attempts, post.output) == (
        "post",
        "RUN",
        "COMPLETED",
        1,
        {"status": 204},
    )
    assert (slept.name, slept.op, slept.status) == ("nap", "SLEEP", "COMPLETED")


def test_a_replayed_event_is_a_new_one(app: ScriptedApp, client: InngestClient) -> None:
    """Replaying an event starts the function once more, with the same data and another id."""
    app.serves("go")
    app.sync()
    event_id = app.send("go", {"n": 1}, id="mine")
    run_of(client, event_id)

    [again] = client.replay(event_id).ids

    run_of(client, again)
    first, second = (call.json["event"] for call in app.calls("go", count=2))
    assert (first["id"], second["id"], again != event_id) == ("mine", again, True)
    assert first["data"] == second["data"] == {"n": 1}


def test_an_event_that_is_not_there_is_not_replayed(client: InngestClient) -> None:
    """Replaying what was never stored says so."""
    with pytest.raises(SetupError, match="a stored event"):
        client.replay("01M8518GNKNHNEGMXF8511QRW9")


def test_a_function_is_run_by_hand(app: ScriptedApp, client: InngestClient) -> None:
    """A function can be invoked past its triggers, over HTTP and as the user interface does, with data."""
    app.serves("go")
    app.sync()

    run = run_of(client, client.invoke(app.slug("go"), {"by": "hand"}).ids[0])
    client.invoke_in_ui(app.slug("go"), {"by": "button"})

    calls = app.calls("go", count=2)
    assert run.slug == app.slug("go")
    assert [call.json["event"]["data"]["by"] for call in calls] == ["hand", "button"]


def test_a_run_is_run_again(app: ScriptedApp, client: InngestClient) -> None:
    """A run that failed can be run again as another run of the same event."""
    app.serves("go", error(), result("fine"))
    app.sync()
    event_id = app.send("go")
    failed = run_of(client, event_id)

    again = client.settled_run(client.rerun(failed.id), within=WITHIN)

    assert (failed.status, again.status, again.id != failed.id) == ("FAILED", "COMPLETED", True)
    assert {run.id for run in client.runs_of(event_id)} == {failed.id, again.id}
