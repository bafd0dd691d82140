"""The signed mode beyond its transcript: what is guarded and what is open, and how calls are signed."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.embedded_inngest.launching import Launcher, engine
from tests.unit.embedded_inngest.scripted_app import ScriptedApp, error
from tests.unit.embedded_inngest.server import Server
from tests.unit.embedded_inngest.signed import EVENT_KEY, HEADER, SIGNING_KEY, SignedPerformance, is_right

RUN = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
CREATE_APP = "mutation($url: String!){createApp(input: {url: $url}){id url}}"

GUARDED = [
    ("GET", "/dev"),
    ("POST", "/fn/register"),
    ("DELETE", "/fn/remove"),
    ("GET", f"/v1/events/{RUN}/runs"),
    ("GET", f"/v1/runs/{RUN}"),
    ("GET", f"/v1/runs/{RUN}/jobs"),
    ("DELETE", f"/v1/runs/{RUN}"),
    ("GET", f"/v0/runs/{RUN}/actions"),
    ("GET", f"/v0/runs/{RUN}/batch"),
    ("DELETE", f"/v0/runs/{RUN}"),
    ("POST", "/v0/connect/start"),
    ("POST", "/v1/signals"),
    ("GET", "/v2/apps"),
]

OPEN = {
    ("GET", "/health"): 200,
    ("GET", "/"): 200,
    ("POST", "/v0/gql"): 400,
    ("POST", "/invoke/none"): 200,
    ("GET", "/v1/nonsense"): 404,
    ("GET", "/metrics"): 501,
    ("POST", "/dev/traces"): 501,
}


@pytest.fixture(scope="module")
def stranger(signed: SignedPerformance) -> Iterator[Server]:
    """The engine in the signed mode, as those see it who have no key."""
    with closing(Server(signed.url)) as server:
        yield server


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_a_guarded_route_wants_the_key(method: str, path: str, stranger: Server, signed_server: Server) -> None:
    """A route that shows or changes something is closed without the key and reached with it."""
    refused, reached = (one.answer(method, path, "{}") for one in (stranger, signed_server))

    assert (refused["status"], refused["body"]) == (401, "Authentication failed\n")
    assert reached["status"] != 401


@pytest.mark.parametrize(("method", "path"), OPEN)
def test_an_open_route_is_open(method: str, path: str, stranger: Server) -> None:
    """The real server guards neither GraphQL nor invocations, so nobody may rely on it here either."""
    assert stranger.answer(method, path, "{}")["status"] == OPEN[method, path]


def test_an_event_under_an_unknown_key_is_not_stored(signed_server: Server, stranger: Server) -> None:
    """An event that is refused for its key is not there afterwards; the same event under the right key is."""
    event = {"name": "keys/stored", "data": {}}
    statuses = [stranger.post(f"/e/{key}", event)["status"] for key in ("local", EVENT_KEY.upper(), EVENT_KEY)]

    stored = signed_server.get("/v1/events?name=keys/stored")["body"]["data"]

    assert statuses == [401, 401, 200]
    assert len(stored) == 1


def test_a_server_of_another_kind_is_refused(signed_server: Server) -> None:
    """An SDK that expects a dev server is told that this is none."""
    answer = signed_server.answer("POST", "/fn/register", "{}", {"x-inngest-expected-server-kind": "dev"})

    assert (answer["status"], answer["body"]["error"]) == (400, "Expected server kind cloud, got dev")


def test_every_attempt_is_signed_as_it_is_sent(signed_app: ScriptedApp) -> None:
    """The signature is over the very bytes of the body, whatever is in it, and each attempt has its own."""
    signed_app.serves("go", error(), retries=1)

    signed_app.run("go", {"text": "żółć 🚀 <&>", "numbers": [1.0, 1e21, -0.1, 2**53]})
    calls = signed_app.calls("go", count=2)

    assert all(is_right(call.header(HEADER) or "", call.body, call.at) for call in calls)
    assert len({call.header(HEADER) for call in calls}) == 2


def test_an_app_that_graphql_adds_is_asked_unsigned(signed_app: ScriptedApp) -> None:
    """The real server has no key where it handles `createApp`: it asks unsigned, though it says it is the cloud."""
    signed_app.serves("go")

    signed_app.server.graphql(CREATE_APP, url=signed_app.url("go"))
    [asked] = signed_app.calls("go", count=1)

    assert (asked.header("x-inngest-server-kind"), asked.header(HEADER)) == ("cloud", None)


def test_without_ui_there_is_no_graphql(launcher: Launcher, tmp_path: Path) -> None:
    """`--no-ui` takes the page and GraphQL away, as the real one does, and leaves the rest."""
    keys = ("--event-key", f"one, {EVENT_KEY}", "--signing-key", SIGNING_KEY)
    judged = engine("without-ui", *keys, "--no-ui", "--sqlite-dir", str(tmp_path), command="start")
    with launcher.running(judged), closing(Server(judged.url, signing_key=SIGNING_KEY)) as server:
        paths = ("/", "/runs", "/static/page.js", "/v0/gql", "/nonsense", "/health", "/v1/events")

        assert [server.get(path)["status"] for path in paths] == [404, 404, 404, 404, 404, 200, 200]
        assert server.post(f"/e/{EVENT_KEY}", [])["status"] == 200
