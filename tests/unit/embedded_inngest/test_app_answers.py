"""What the engine makes of an app's answers, the bad ones above all."""

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from harness.receiver.answers import Answer, HalfAnswer, Reset, Script
from harness.receiver.receiver import Receiver
from harness.waiters import until
from tests.unit.embedded_inngest.launching import Launcher, engine
from tests.unit.embedded_inngest.scripted_app import SDK, ScriptedApp, answer, error, operation, operations, result
from tests.unit.embedded_inngest.server import Server

MEGABYTES_10 = b'"' + b"x" * 10_000_000 + b'"'

BAD_ANSWERS: dict[str, Script] = {
    "a server error": error(status=503),
    "a client error": error(status=404),
    "a redirect to nowhere": answer(302, None),
    "no SDK": Answer(status=200, body=b'"done"', headers=[("content-type", "application/json")]),
    "steps without an SDK": Answer(status=206, body=b"[]", headers=[("content-type", "application/json")]),
    "steps that are not JSON": Answer(status=206, body=b"<html>", headers=SDK),
    "steps that are a number": answer(206, 7),
    "ten megabytes": Answer(status=200, body=MEGABYTES_10, headers=SDK),
    "half an answer": HalfAnswer(),
    "a reset connection": Reset(),
    "an unknown opcode": operations(operation("Teleport")),
    "an opcode that is null": operations({"id": "0" * 40, "op": None}),
    "an error in a stream": answer(201, {"status": 500, "body": "boom", "headers": {}}),
}


@pytest.mark.parametrize("bad", BAD_ANSWERS)
def test_a_bad_answer_fails_one_attempt_only(bad: str, app: ScriptedApp) -> None:
    """An answer that can't be used is a failed attempt: the run is tried again and completes."""
    app.serves("go", BAD_ANSWERS[bad], result("fine"), retries=1)

    run = app.run("go")

    assert (run["status"], run["output"]) == ("COMPLETED", '"fine"')
    assert [call.json["ctx"]["attempt"] for call in app.calls("go")] == [0, 1]


@pytest.mark.parametrize("bad", BAD_ANSWERS)
def test_a_bad_answer_without_a_retry_fails_the_run(bad: str, app: ScriptedApp) -> None:
    """The same answer on the last attempt fails the run, after exactly one call."""
    app.serves("go", BAD_ANSWERS[bad])

    assert app.run("go")["status"] == "FAILED"
    assert len(app.calls("go")) == 1


def test_an_unknown_opcode_is_named(app: ScriptedApp) -> None:
    """The run that failed for an opcode which the engine doesn't know says which one it was."""
    app.serves("go", operations(operation("Teleport")))

    assert "Teleport" in app.run("go")["output"]


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_2xx_of_an_sdk_is_a_result(status: int, app: ScriptedApp) -> None:
    """The body of every 2xx but 206 is the result of the function; that of 201 is the body of the answer inside it."""
    body = {"status": 200, "body": "fine", "headers": dict(SDK)} if status == 201 else "fine"
    app.serves("go", answer(status, body) if status != 204 else Answer(status=204, headers=SDK, body=b""))

    run = app.run("go")

    assert run["status"] == "COMPLETED"
    assert status == 204 or json.loads(run["output"]) == "fine"


def test_no_retry_is_obeyed(app: ScriptedApp) -> None:
    """`x-inngest-no-retry: true` ends the run at once, however many attempts are left."""
    app.serves("go", error(("x-inngest-no-retry", "true")), result(), retries=3)

    assert app.run("go")["status"] == "FAILED"
    assert len(app.calls("go")) == 1


def test_a_failed_step_is_not_run_again(app: ScriptedApp) -> None:
    """StepFailed is final: the function is called with the error of the step and may finish well."""
    failed = operation("StepFailed", "bad", error={"name": "E", "message": "no", "stack": ""})
    app.serves("go", operations(failed), result(), retries=3)

    assert app.run("go")["status"] == "COMPLETED"
    assert app.calls("go")[1].json["steps"][failed["id"]]["error"]["message"] == "no"


def test_attempts_are_counted_anew_for_each_step(app: ScriptedApp) -> None:
    """A step that succeeded at its second attempt leaves the next call all of its own attempts."""
    step = operation("StepRun", "flaky", data=1)
    app.serves("go", error(), operations(step), error(), result(), retries=1)

    assert app.run("go")["status"] == "COMPLETED"
    assert [call.json["ctx"]["attempt"] for call in app.calls("go")] == [0, 1, 0, 1]


def test_retry_after_is_at_least_a_second(app: ScriptedApp) -> None:
    """A Retry-After in the past is one second; it overrides the retry interval."""
    app.serves("go", error(("retry-after", "Mon, 01 Jan 2024 00:00:00 GMT")), result(), retries=1)

    app.run("go")
    first, second = app.calls("go")

    assert 0.99 <= second.monotonic - first.monotonic < 3


def wait_before_the_second_attempt(app: ScriptedApp) -> timedelta:
    """Sync, have `go` fail once, and return for how long the engine wants to wait before it tries again."""
    app.sync()
    event_id = app.send("go")
    app.calls("go", count=1)
    [run] = app.server.runs_of(event_id)
    jobs = f"/v1/runs/{run['id']}/jobs"

    def retries() -> list[Any]:
        answer = app.server.get(f"{jobs}?uncached={datetime.now(UTC).timestamp()}")
        return [job for job in answer["body"]["data"] if job["attempt"] == 1]

    [job] = until(retries, within=5)
    return datetime.fromisoformat(job["at"]) - datetime.now(UTC)


@pytest.mark.parametrize("wish", ["9999999", "2100-01-01T00:00:00Z", "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_retry_after_is_at_most_a_day(wish: str, app: ScriptedApp) -> None:
    """A Retry-After of more than a day is a day."""
    app.serves("go", error(("retry-after", wish)), retries=1)

    assert timedelta(hours=23, minutes=59) < wait_before_the_second_attempt(app) <= timedelta(hours=24)


def test_retries_back_off(launcher: Launcher, app_receiver: Receiver) -> None:
    """Without a retry interval the second attempt waits for 15 seconds, and for up to 30 more by chance."""
    program = engine("patient", "--no-poll", "--no-discovery")
    with launcher.running(program), closing(Server(program.url)) as server:
        app = ScriptedApp("patient", server, app_receiver)
        app.serves("go", error(), retries=1)

        assert timedelta(seconds=14) < wait_before_the_second_attempt(app) <= timedelta(seconds=45)


@pytest.mark.parametrize("wish", ["soon, maybe", "0", "-5"])
def test_a_garbled_retry_after_is_ignored(wish: str, app: ScriptedApp) -> None:
    """A Retry-After that is neither a number of seconds nor a date leaves the retry interval as it is."""
    app.serves("go", error(("retry-after", wish)), result(), retries=1)

    app.run("go")
    first, second = app.calls("go")

    assert second.monotonic - first.monotonic < 0.9


def test_more_than_a_thousand_steps_fail_the_run(app: ScriptedApp) -> None:
    """A reply with 1001 steps fails the run with the words of the real server, without a second call."""
    planned = [operation("StepPlanned", f"s{number}") for number in range(1001)]
    app.serves("go", operations(*planned), result(), retries=3)

    run = app.run("go")

    assert run["status"] == "FAILED"
    assert "The function run exceeded the step limit of 1000 steps." in run["output"]
    assert len(app.calls("go")) == 1


def test_redirects_keep_method_and_body(app: ScriptedApp) -> None:
    """A redirect that says where to is followed with the same method and body."""
    app.serves("there", result("moved"))
    app.serves("go", answer(307, None, ("location", f"{app.path}/there")))

    run = app.run("go")
    [asked], [followed] = app.calls("go"), app.calls("there")

    assert run["output"] == '"moved"'
    assert (followed.method, followed.body) == ("POST", asked.body)


def test_an_unreachable_app_is_a_failed_attempt(app: ScriptedApp) -> None:
    """A function whose app doesn't listen fails its run after its attempts, and the run says why."""
    app.serves("go", url="http://127.0.0.1:9/api/inngest", retries=1)

    run = app.run("go")

    assert run["status"] == "FAILED"
    assert json.loads(run["output"])
