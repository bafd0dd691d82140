"""How apps make themselves known to the engine, change and go."""

import json

import pytest

from harness.receiver.receiver import Receiver
from harness.waiters import until
from tests.unit.embedded_inngest.launching import Launcher, engine
from tests.unit.embedded_inngest.recordings import Json
from tests.unit.embedded_inngest.scripted_app import ScriptedApp
from tests.unit.embedded_inngest.server import Server


def registered(app: ScriptedApp) -> set[str]:
    """Return the slugs of the functions that the engine knows of an app."""
    return {function["id"] for function in app.server.get(f"/v1/apps/{app.name}/functions")["body"]}


def apps(server: Server, name: str) -> list[Json]:
    """Return what GraphQL says of the apps of one name."""
    listed = server.graphql("{apps{id name url functionCount connected}}")["data"]["apps"]
    return [app for app in listed if app["name"] == name]


def test_a_sync_that_changes_nothing_says_so(app: ScriptedApp) -> None:
    """The first sync says that it modified something, the same again says that it did not."""
    app.serves("go")

    assert [app.sync()["body"]["modified"] for _ in range(2)] == [True, False]


def test_no_line_break_ends_what_an_app_is_told(app: ScriptedApp) -> None:
    """The answer to a registration is nothing but JSON, where other answers end with a line break."""
    app.serves("go")
    told = app.sync()

    written = json.dumps(told["body"], separators=(",", ":"))
    assert told["headers"]["content-length"] == str(len(written))


def test_a_changed_function_is_modified(app: ScriptedApp) -> None:
    """A sync with another number of retries is a modification, of the same app."""
    app.serves("go")
    first = app.sync()["body"]
    app.serves("go", retries=3)
    second = app.sync()["body"]

    assert second["modified"] is True
    assert second["app_id"] == first["app_id"]


def test_a_removed_function_is_no_longer_triggered(app: ScriptedApp) -> None:
    """A function that isn't in the app's next sync is gone, and its siblings stay."""
    both = [{"event": app.event("both")}]
    app.serves("stays", triggers=both)
    app.serves("goes", triggers=both)
    app.sync()
    app.removes("goes")
    app.sync()

    app.runs(app.send("both"))

    assert registered(app) == {app.slug("stays")}
    assert not app.calls("goes")


def test_an_app_that_moves_stays_one_app(app: ScriptedApp, app_receiver: Receiver) -> None:
    """An app is known by its name: under a new URL it replaces itself, and is called there."""
    app.serves("go")
    app.sync()
    moved = ScriptedApp(app.name, app.server, app_receiver, path=f"/moved{app.path}")
    moved.serves("go")

    moved.run("go")

    assert [(known["url"].endswith(moved.path), known["functionCount"]) for known in apps(app.server, app.name)] == [
        (True, 1)
    ]
    assert (len(moved.calls("go")), len(app.calls("go"))) == (1, 0)


def test_the_name_of_an_app_is_read_in_any_case(app: ScriptedApp) -> None:
    """Keys of a registration are read as Go reads them: inngest-py's `appname` and inngest-js' `appName` are one."""
    app.serves("go")
    first = app.sync(appname=None, appName=app.name)["body"]

    assert first["app_id"] == app.sync()["body"]["app_id"]


def test_an_app_is_asked_until_it_registers(launcher: Launcher, app_receiver: Receiver) -> None:
    """An answer that looks well is no registration: who gives it is asked again, even where healthy apps are not."""
    app_receiver.script("/starting", [200])
    judged = engine("asking", "--no-poll", "--poll-interval", "0.1", "-u", app_receiver.url("/starting"))

    with launcher.running(judged):
        assert until(lambda: len(app_receiver.attempts("/starting")) > 2, within=5)


INVALID: dict[str, Json] = {
    "no step": {"steps": {}},
    "no name": {"name": ""},
    "a URL that is none": {
        "steps": {"step": {"id": "step", "name": "step", "runtime": {"type": "http", "url": "nowhere"}}}
    },
    "eleven triggers": {"triggers": [{"event": f"x/{number}"} for number in range(11)]},
    "the same trigger twice": {"triggers": [{"event": "x"}, {"event": "x"}]},
    "an expression that is none": {"triggers": [{"event": "x", "expression": "event.data.a ==="}]},
    "an empty expression": {"triggers": [{"event": "x", "expression": ""}]},
    "retries that are no number": {"retries": {"attempts": 3}},
}


@pytest.mark.parametrize("fault", INVALID)
def test_an_invalid_function_is_refused(fault: str, app: ScriptedApp) -> None:
    """A registration with a function that can't be right is refused as a whole, with 400 and an error."""
    app.serves("good")
    app.serves("bad", **INVALID[fault])

    answer = app.sync()

    assert answer["status"] == 400
    assert answer["body"]["error"]
    assert registered(app) == set()


@pytest.mark.parametrize("body", ["", "{", "[]", "7", '{"appname": 7}', '{"functions": "all"}'])
def test_a_body_that_is_no_registration_is_refused(body: str, server: Server) -> None:
    """What isn't a registration gets 400 and an error, never a 500."""
    answer = server.answer("POST", "/fn/register", body, {"content-type": "application/json"})

    assert answer["status"] == 400
    assert answer["body"]["error"]


def test_a_server_of_another_kind_is_refused(app: ScriptedApp) -> None:
    """An SDK that expects the cloud is told that this is a dev server."""
    headers = {"content-type": "application/json", "x-inngest-expected-server-kind": "cloud"}

    answer = app.server.answer("POST", "/fn/register", "{}", headers)

    assert (answer["status"], answer["body"]["error"]) == (400, "Expected server kind dev, got cloud")
