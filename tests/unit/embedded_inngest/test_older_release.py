"""What v0.29.9 does otherwise, beyond its transcripts: refusals, traps and what it does not know yet."""

import json

import pytest

from harness.processes.ports import free_port
from harness.receiver.answers import Answer
from harness.receiver.receiver import Receiver
from harness.waiters import until
from tests.unit.embedded_inngest.recordings import Json
from tests.unit.embedded_inngest.scripted_app import ScriptedApp, answer, operation, operations, result
from tests.unit.embedded_inngest.server import Server

SECOND = 1_000_000_000
REFUSED = (
    "Invalid request: json: cannot unmarshal string into Go struct field Timeouts.functions.timeouts.start"
    " of type time.Duration"
)


def known(app: ScriptedApp) -> list[Json]:
    """Return what the engine shows of the functions of an app."""
    functions: list[Json] = app.server.get(f"/v1/apps/{app.name}/functions")["body"]
    return functions


def apps(app: ScriptedApp) -> list[Json]:
    """Return the apps of one name."""
    listed = app.server.graphql("{apps{name url error functionCount}}")["data"]["apps"]
    return [one for one in listed if one["name"] == app.name]


def ended(app: ScriptedApp) -> list[Json]:
    """Return the internal events that tell of the app's functions, the last first."""
    events = app.server.get("/v1/events?limit=51")["body"]["data"]
    return [event for event in events if str(event["data"].get("function_id", "")).startswith(app.name)]


def test_timeouts_as_text_refuse_all_functions(old_app: ScriptedApp) -> None:
    """One function whose timeouts are texts, as every SDK writes them, keeps its siblings from being registered."""
    old_app.serves("sibling")
    old_app.serves("go", timeouts={"start": "10s"})

    refused = old_app.sync()

    assert (refused["status"], refused["body"]["error"]) == (400, REFUSED)
    assert known(old_app) == []


def test_timeouts_in_nanoseconds_end_a_run(old_app: ScriptedApp) -> None:
    """A timeout is a number of nanoseconds; the run that sleeps beyond it is cancelled."""
    nap = operations(operation("Sleep", opts={"duration": "2s"}))
    old_app.serves("go", nap, result(), timeouts={"finish": SECOND // 5})

    assert old_app.run("go")["status"] == "CANCELLED"


def test_an_invalid_function_is_told_to_nobody(old_app: ScriptedApp) -> None:
    """Who registers an invalid function is told that all is well; only the app's error says otherwise."""
    old_app.serves("go", triggers=[{"event": ""}])

    assert old_app.sync()["body"] == {"ok": True}
    assert [(app["error"], app["functionCount"]) for app in apps(old_app)] == [("At least one function is invalid", 0)]


def test_an_app_that_moves_becomes_a_second_one(old_app: ScriptedApp, app_receiver: Receiver) -> None:
    """An app is known by its URL: when it moves, its functions run in both places for one event."""
    old_app.serves("go")
    old_app.sync()
    moved = ScriptedApp(old_app.name, old_app.server, app_receiver, path=f"/moved{old_app.path}")
    moved.serves("go")
    moved.sync()

    assert len(old_app.runs(old_app.send("go"), count=2)) == 2
    assert len(apps(old_app)) == 2


def test_an_app_that_is_added_again_has_to_register_again(old_app: ScriptedApp, app_receiver: Receiver) -> None:
    """Adding an app by the URL it has makes it one of which only the URL is known; its functions stay."""
    app_receiver.script(old_app.path, (Answer(status=200),))
    old_app.serves("go")
    old_app.sync()
    url = apps(old_app)[0]["url"]
    add = "mutation($url: String!) {createApp(input: {url: $url}) {name functionCount}}"

    added = old_app.server.graphql(add, url=url)["data"]["createApp"]
    as_number = old_app.server.graphql(add, url=url.replace("localhost", "127.0.0.1"))

    assert added == {"name": "", "functionCount": 1}
    assert as_number["errors"][0]["message"] == "There was an error creating your app"


def test_a_star_is_a_star(old_app: ScriptedApp) -> None:
    """A trigger that ends in a star is met by an event of that very name alone."""
    old_app.serves("go", triggers=[{"event": old_app.event("*")}])
    old_app.sync()
    other, same = old_app.send("other"), old_app.send("*")

    assert len(old_app.runs(same)) == 1
    assert old_app.server.runs_of(other) == []


def test_retries_are_capped_at_thirty(old_app: ScriptedApp) -> None:
    """A function may ask for up to thirty retries."""
    old_app.serves("go", retries=40)
    old_app.sync()

    assert [function["config"]["steps"][0]["retries"] for function in known(old_app)] == [30]


def test_an_answer_without_an_sdk_is_a_result(old_app: ScriptedApp) -> None:
    """A 200 of whatever answers at the app's address completes the run."""
    old_app.serves("go", Answer(status=200, body=b'"a proxy"'))
    run = old_app.run("go")

    assert (run["status"], run["output"]) == ("COMPLETED", '"a proxy"')


def test_a_result_may_come_with_retry_after(old_app: ScriptedApp) -> None:
    """A result that says when to try again is a result all the same."""
    old_app.serves("go", answer(200, "done", ("retry-after", "5")))

    assert old_app.run("go")["status"] == "COMPLETED"


@pytest.mark.parametrize("op", ["RunComplete", "StepFailed", "WaitForSignal"])
def test_newer_opcodes_are_unknown(op: str, old_app: ScriptedApp) -> None:
    """An operation that came later fails the attempt, by its name."""
    old_app.serves("go", operations(operation(op)))

    run = old_app.run("go")

    assert run["output"] == "null"
    assert f"{op} does not belong to Opcode values" in ended(old_app)[0]["data"]["error"]["message"]


def test_a_wait_may_last_for_years(old_app: ScriptedApp) -> None:
    """No wait is too long."""
    old_app.serves("go", operations(operation("WaitForEvent", opts={"event": "never", "timeout": "20000h"})))
    old_app.sync()
    event = old_app.send("go")
    old_app.calls("go", count=1)

    assert until(lambda: old_app.server.runs_of(event), within=5)[0]["status"] == "RUNNING"


def test_a_wait_until_a_date_hangs(old_app: ScriptedApp) -> None:
    """A wait until a date can't be acted upon, and the app is not asked again: the run hangs for ever."""
    date = operation("WaitForEvent", opts={"event": "never", "timeout": "2100-01-01T00:00:00Z"})
    old_app.serves("go", operations(date), result())
    old_app.serves("other", operations(operation("Sleep", opts={"duration": "300ms"})), result())
    old_app.sync()
    hangs = old_app.send("go")
    old_app.runs(old_app.send("other"))

    assert [run["status"] for run in old_app.server.runs_of(hangs)] == ["RUNNING"]
    assert len(old_app.calls("go")) == 1


def test_a_text_is_shown_as_it_is(old_app: ScriptedApp) -> None:
    """A result that is no JSON is the run's output as it is, and REST has no words for it; events do."""
    old_app.serves("go", Answer(status=200, body=b"some text"))
    run = old_app.run("go")

    assert run["output"] == "some text"
    assert old_app.server.get(f"/v1/runs/{run['id']}")["body"] == ""
    assert [event["data"]["result"] for event in ended(old_app)] == ["some text"]


def test_five_megabytes_are_too_large_an_answer(old_app: ScriptedApp) -> None:
    """An answer may have four megabytes."""
    old_app.serves("go", result("x" * 5 * 1024 * 1024))

    assert old_app.run("go")["status"] == "FAILED"


def test_ids_can_not_be_determined(old_server: Server) -> None:
    """A publisher that repeats a request gets other ids, whatever seed it sends."""
    headers = {"content-type": "application/json", "x-inngest-event-id-seed": "1700000000000,AAAAAAAAAAAAAA=="}
    event = json.dumps({"name": "some/event", "data": {}})
    ids = [old_server.answer("POST", "/e/key", event, headers)["body"]["ids"] for _ in range(2)]

    assert ids[0] != ids[1]


def test_reserved_names_have_one_spelling(old_server: Server) -> None:
    """What is reserved is `inngest/`, and `Inngest/` is not."""
    answers = [old_server.post("/e/key", {"name": name, "data": {}}) for name in ("inngest/x", "Inngest/x")]

    assert [said["status"] for said in answers] == [400, 200]


def test_a_run_does_not_name_its_event(old_app: ScriptedApp) -> None:
    """GraphQL's run knows the ids of its events, and not their name."""
    old_app.serves("go")
    run = old_app.run("go")
    shown = old_app.server.graphql("query($id: String!) {run(runID: $id) {eventName triggerIDs}}", id=run["id"])

    assert (shown["data"]["run"]["eventName"], len(shown["data"]["run"]["triggerIDs"])) == (None, 1)


def test_a_function_can_not_be_a_singleton(old_app: ScriptedApp) -> None:
    """What came later is read over: each event starts a run, and the option is not shown."""
    old_app.serves("go", singleton={"mode": "skip"})
    old_app.sync()
    first, second = old_app.send("go"), old_app.send("go")

    assert [len(old_app.runs(event)) for event in (first, second)] == [1, 1]
    assert "singleton" not in known(old_app)[0]["config"]


def test_an_unreachable_app_makes_a_run_unreadable(old_app: ScriptedApp) -> None:
    """The error of a request is listed as the run's output, and is no JSON: REST then answers nothing at all."""
    port = free_port()
    old_app.serves("go", url=f"http://127.0.0.1:{port}/go")
    old_app.sync()
    event, slug = old_app.send("go"), old_app.slug("go")
    [run] = old_app.runs(event)
    query = "query($id: ID!) {event(query: {eventId: $id}) {functionRuns {output}}}"
    [listed] = old_app.server.graphql(query, id=event)["data"]["event"]["functionRuns"]

    assert run["output"] == "null"
    assert listed["output"] == (
        f'Error performing request to SDK URL: Post "http://localhost:{port}/go?fnId={slug}&stepId=step":'
        f" dial tcp 127.0.0.1:{port}: connect: connection refused"
    )
    assert old_app.server.get(f"/v1/runs/{run['id']}")["body"] == ""
    assert [set(event["data"]) & {"error", "result"} for event in ended(old_app)] == [{"error"}, {"error"}]


def test_a_cancelled_run_has_no_event_of_its_own(old_app: ScriptedApp) -> None:
    """A cancelled run is told of as one that finished with an error."""
    old_app.serves("go", operations(operation("Sleep", opts={"duration": "1m"})))
    old_app.sync()
    event = old_app.send("go")
    [run] = until(lambda: old_app.server.runs_of(event), within=5)
    old_app.server.answer("DELETE", f"/v1/runs/{run['id']}")

    assert [(told["name"], told["data"]["error"]["message"]) for told in ended(old_app)] == [
        ("inngest/function.finished", "function cancelled")
    ]


@pytest.mark.parametrize("query", ['{functionBySlug(query: {functionSlug: "x"}) {id}}', "{apps {appVersion}}"])
def test_newer_fields_are_unknown(query: str, old_server: Server) -> None:
    """GraphQL has the schema of the release: a field that came later is refused."""
    assert "Cannot query field" in old_server.graphql(query)["errors"][0]["message"]


@pytest.mark.parametrize("path", ["/v1/signals", "/v1/checkpoint/01ARZ3NDEKTSV4RRFFQ69G5FAV/async", "/v2/apps"])
def test_newer_routes_are_left_to_the_page(path: str, old_server: Server) -> None:
    """What is no route yet is answered with 200 by the user interface, which has everything that is no route."""
    assert old_server.post(path, {})["status"] == 200
