"""The routes of the real server that are not imitated, each by name, so that no wrong path is taken for one of them."""

from embedded_inngest.errors import NotImitatedError
from embedded_inngest.http import JSON, Request, Response, Router, json_response

_ALWAYS = (
    ("POST", "/fn/step-limit"),
    ("DELETE", "/fn/step-limit"),
    ("POST", "/fn/state-size-limit"),
    ("DELETE", "/fn/state-size-limit"),
)
_ALWAYS_OPEN = (("POST", "/dev/traces"),)
_NEWER = (
    ("POST", "/v0/connect/start"),
    ("POST", "/v0/connect/flush"),
    ("GET", "/v0/connect/envs/{env}/conns"),
    ("GET", "/v0/connect/envs/{env}/groups/{group}"),
    ("GET", "/v1/prom/{env}"),
    ("POST", "/v1/runs/{run}/metadata"),
    ("POST", "/v1/traces/userland"),
    ("POST", "/v1/checkpoint"),
    ("POST", "/v1/checkpoint/"),
    ("POST", "/v1/checkpoint/{run}/steps"),
    ("POST", "/v1/http/runs"),
    ("POST", "/v1/http/runs/"),
    ("POST", "/v1/http/runs/{run}/steps"),
    ("POST", "/v1/http/runs/{run}/async"),
)
_NEWER_OPEN = (
    ("*", "/debug/*"),
    ("*", "/mcp"),
    ("GET", "/metrics"),
    ("GET", "/metrics/"),
    ("GET", "/v1/checkpoint/{run}/output"),
    ("GET", "/v1/http/runs/{run}/output"),
    ("GET", "/v1/realtime/connect"),
    ("GET", "/v1/realtime/sse"),
    ("POST", "/v1/realtime/token"),
    ("POST", "/v1/realtime/publish"),
    ("POST", "/v1/realtime/publish/tee"),
)
_SECOND_ROOTS = ("/v2", "/api/v2")
_SECOND = (
    "",
    "/account",
    "/apps",
    "/apps/{app}",
    "/apps/{app}/functions",
    "/apps/{app}/functions/{function}",
    "/apps/{app}/functions/{function}/experiments",
    "/apps/{app}/functions/{function}/experiments/*",
    "/apps/{app}/functions/{function}/invoke",
    "/apps/{app}/functions/{function}/runs",
    "/apps/{app}/syncs",
    "/env/webhooks",
    "/envs",
    "/envs/{env}",
    "/events",
    "/events/{event}/runs",
    "/experiments",
    "/health",
    "/insights/events/schemas",
    "/insights/query",
    "/insights/query/prompt",
    "/insights/tables",
    "/keys/events",
    "/keys/signing",
    "/operations",
    "/partner/accounts",
    "/runs",
    "/runs/{run}",
    "/runs/{run}/cancel",
    "/runs/{run}/rerun",
    "/runs/{run}/scores",
    "/runs/{run}/trace",
    "/sandboxes",
    "/sandboxes/{sandbox}/exec",
    "/sandboxes/{sandbox}/files",
    "/sandboxes/{sandbox}/processes",
    "/sandboxes/{sandbox}/processes/{process}/signals",
    "/sessions",
    "/sessions/{key}",
    "/sessions/{key}/*",
)
_NOWHERE = json_response({"errors": [{"code": "api_error", "message": "Not Found"}]}, 404, JSON)


def add_real_routes(router: Router, *, newer: bool) -> None:
    """Refuse by name what only the real server does; an old one has fewer routes."""
    for method, path in _ALWAYS + (_NEWER if newer else ()):
        router.add(method, path, refuse)
    for method, path in _ALWAYS_OPEN + (_NEWER_OPEN if newer else ()):
        router.add(method, path, refuse, guarded=False)
    for root in _SECOND_ROOTS if newer else ():
        for path in _SECOND:
            router.add("*", root + path, refuse)
        router.add("*", f"{root}/*", lambda _: _NOWHERE)


def refuse(request: Request) -> Response:
    """Refuse a request by its name.

    Raises:
        NotImitatedError: Always.
    """
    raise NotImitatedError(f"{request.method} {request.path}")
