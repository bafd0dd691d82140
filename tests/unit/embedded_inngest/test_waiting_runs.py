"""What is said of runs that wait for room, through the APIs; v1.43.0 was asked the same."""

from harness.receiver.answers import Hang
from harness.waiters import until
from tests.unit.embedded_inngest.recordings import Json
from tests.unit.embedded_inngest.scripted_app import PATIENCE, ScriptedApp


def jobs(app: ScriptedApp, run_id: str) -> list[Json]:
    """Return what the server shows of the jobs of a run."""
    shown: list[Json] = app.server.get(f"/v1/runs/{run_id}/jobs")["body"]["data"]
    return shown


def run_of(app: ScriptedApp, event_id: str) -> str:
    """Return the run that an event has started."""
    run_id: str = until(lambda: app.server.runs_of(event_id), within=PATIENCE)[0]["id"]
    return run_id


def test_a_run_that_waits_for_room_is_queued(app: ScriptedApp) -> None:
    """A run without room is QUEUED and has no trace yet, while its event counts as RUNNING."""
    app.serves("go", Hang(PATIENCE), concurrency=1)
    app.sync()
    app.send("go")
    app.calls("go", count=1)

    event_id = app.send("go")
    waiting = run_of(app, event_id)

    shown = app.server.run(waiting)["data"]["run"]
    assert (shown["status"], shown["startedAt"], shown["trace"]) == ("QUEUED", None, None)
    assert app.server.event(event_id)["data"]["event"]["status"] == "RUNNING"
    assert app.server.get(f"/v1/runs/{waiting}")["body"]["data"]["status"] == "Running"


def test_the_jobs_of_a_run_have_their_place_in_line(app: ScriptedApp) -> None:
    """A request under way is shown at the place 0, those that wait at theirs among all of their function."""
    app.serves("go", Hang(PATIENCE), concurrency=1)
    app.sync()
    event_ids = [app.send("go", {"number": number}) for number in range(3)]
    app.calls("go", count=1)

    shown = [jobs(app, run_of(app, event_id)) for event_id in event_ids]

    assert [[job["position"] for job in of_run] for of_run in shown] == [[0], [0], [1]]
    assert {job["kind"] for of_run in shown for job in of_run} == {"start"}
