"""Routes that only the real server has, and paths that nobody has."""

import pytest

from tests.unit.embedded_inngest.server import Server

ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
REFUSED = [
    ("POST", "/dev/traces"),
    ("POST", "/fn/step-limit"),
    ("DELETE", "/fn/state-size-limit"),
    ("GET", "/v0"),
    ("POST", "/v0/connect/start"),
    ("GET", "/v0/connect/envs/any/conns"),
    ("GET", "/v1/prom/any"),
    ("POST", f"/v1/runs/{ID}/metadata"),
    ("POST", "/v1/traces/userland"),
    ("GET", f"/v1/checkpoint/{ID}/output"),
    ("POST", f"/v1/http/runs/{ID}/steps"),
    ("GET", "/v1/realtime/sse"),
    ("POST", "/v1/realtime/publish/tee"),
    ("GET", "/v2/health"),
    ("POST", f"/api/v2/runs/{ID}/rerun"),
    ("GET", "/api/v2/apps/any/functions/any/experiments/a/b"),
    ("GET", "/metrics/"),
    ("GET", "/debug/pprof/heap"),
    ("POST", "/mcp"),
]
NOWHERE = [
    "/v0/nope",
    "/v0/connect/nope",
    "/v1",
    "/v1/apps/any",
    "/v1/realtime",
    "/v2/nope",
    "/images/x.png",
    "/robots.txt",
]
OTHER_METHODS = ["/dev/traces", "/fn/step-limit", "/v0/telemetry", "/v1/signals", "/v1/traces/userland", "/fn/register"]


@pytest.mark.parametrize(("method", "path"), REFUSED)
def test_what_only_the_real_server_has_is_refused_by_name(method: str, path: str, server: Server) -> None:
    """A route of the real server that is not imitated answers 501 and names itself."""
    answer = server.answer(method, path)

    assert (answer["status"], answer["body"]["error"]) == (501, f"not imitated by the embedded engine: {method} {path}")


@pytest.mark.parametrize("path", NOWHERE)
def test_what_nobody_has_is_not_found(path: str, server: Server) -> None:
    """A path that the real server does not have either is not found, and not taken for one that is missing here."""
    assert server.get(path)["status"] == 404


@pytest.mark.parametrize("path", OTHER_METHODS)
def test_another_method_is_not_allowed(path: str, server: Server) -> None:
    """A route that is asked with another method says so, whether it is imitated or not."""
    assert server.get(path)["status"] == 405


def test_telemetry_is_taken_and_forgotten(server: Server) -> None:
    """What a page reports of itself is taken without a word."""
    answer = server.post("/v0/telemetry", {"eventName": "any"})

    assert (answer["status"], answer["body"]) == (200, "")
