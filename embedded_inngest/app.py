"""The ASGI application: every route of the real server, answered, or refused by name."""

import inspect
import logging
import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from embedded_inngest import event_api, wire
from embedded_inngest.cancellations import BulkCancellations
from embedded_inngest.checkpoints import Checkpoints
from embedded_inngest.engine import Engine
from embedded_inngest.errors import NotImitatedError, PublicError
from embedded_inngest.events import event_fields
from embedded_inngest.http import JSON, NOT_FOUND, TEXT, Request, Response, Router, error_response, json_response
from embedded_inngest.internal_events import outside_invocation
from embedded_inngest.page.entry import Entry
from embedded_inngest.real_routes import add_real_routes, refuse
from embedded_inngest.rest_api import RestApi
from embedded_inngest.signals import Signals

_UNAUTHENTICATED = Response(401, b"Authentication failed\n", (TEXT, ("x-content-type-options", "nosniff")))
_UNKNOWN_KEY = json_response({"status": 401, "message": "", "error": "Event key not found"}, 401, JSON)
_PREFLIGHT = Response(200, b"", (("access-control-allow-methods", "GET, POST"), ("access-control-allow-headers", "*")))
_TWICE_VARIED = "/v0/"
_TYPED = "/v1/"
_FILES = ("images", "assets")
_FILE = re.compile(r"/[^/]+\.(txt|svg|jpg|png)")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

log = logging.getLogger(__name__)


class App:
    """Answers requests for an engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._options = engine.options
        self._api_roots = {"v0", "v1"} if engine.options.release.newer_routes else {"v0"}
        self._router = Router()
        self._add_routes()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Speak ASGI."""
        if scope["type"] == "http":
            request = await _read(scope, receive)
            await _write(send, await self.answer(request), request, self._options.server_kind)

    async def answer(self, request: Request) -> Response:
        """Answer a request."""
        if request.method == "OPTIONS":
            return _PREFLIGHT
        found = self._router.find(request.method, request.path)
        if isinstance(found, list):
            return self._unrouted(request, found)
        route, names = found
        if route.guarded and not self._admits(request):
            return _UNAUTHENTICATED
        try:
            response = route.handler(replace(request, names=names))
            answer = await response if inspect.isawaitable(response) else response
            await self._engine.persistence.saved()
        except PublicError as error:
            return error_response(error, JSON if request.path.startswith(_TYPED) else TEXT)
        except NotImitatedError as error:
            return error_response(PublicError(501, str(error)), JSON)
        return answer

    def _admits(self, request: Request) -> bool:
        key = self._options.signing_key
        return key is None or key.admits(request.headers.get("authorization", ""))

    def _add_routes(self) -> None:
        add, release = self._router.add, self._options.release
        if self._options.ui:
            Entry(self._engine).add_routes(self._router)
            add("*", "/v0/gql", self._graphql, guarded=False)
            for playground in ("/v0", "/v0/"):
                add("*", playground, refuse, guarded=False)
        health = json_response({"status": 200, "message": "OK"}, 200, JSON if release.json_health else TEXT)
        add("GET", "/health", lambda _: health, guarded=False)
        add("POST", "/e/{key}", self._receive_events, guarded=False)
        add("POST", "/invoke/{slug}", self._invoke, guarded=False)
        add("POST", "/fn/register", self._register)
        add("DELETE", "/fn/remove", self._remove_app)
        if release.newer_routes:
            Checkpoints(self._engine).add_routes(self._router)
            Signals(self._engine).add_routes(self._router)
        BulkCancellations(self._engine).add_routes(self._router)
        RestApi(self._engine).add_routes(self._router)
        add_real_routes(self._router, newer=release.newer_routes)

    def _unrouted(self, request: Request, allowed: list[str]) -> Response:
        """Answer what no route is for: the user interface takes everything outside the APIs."""
        if allowed:
            return Response(405, b"", (("allow", ", ".join(allowed)),))
        root = request.path.split("/")[1]
        if root in {*self._api_roots, *_FILES} or not self._options.ui or _FILE.fullmatch(request.path):
            return NOT_FOUND
        if request.path.endswith("/"):
            return Response(303, b"", (("location", request.path.rstrip("/")),))
        return Response(200)

    def _receive_events(self, request: Request) -> Response:
        keys = self._options.event_keys
        if keys and request.names["key"] not in keys:
            return _UNKNOWN_KEY
        receipt = event_api.receive(request, self._engine.runner.accept, self._options.release)
        return json_response(receipt.body(), receipt.status, TEXT)

    def _invoke(self, request: Request) -> Response:
        try:
            fields = event_fields(wire.decode_foreign(request.body))
        except Exception as error:
            raise PublicError(400, "Unable to read post data request") from error
        event = self._engine.runner.send(outside_invocation(request.names["slug"], fields))
        return json_response({"id": event.internal_id, "status": 200}, 200, TEXT)

    def _register(self, request: Request) -> Response:
        kind = request.headers.get("x-inngest-expected-server-kind", "")
        told = self._engine.sync.register(request.body, kind)
        return Response(200, wire.text(told).encode(), (TEXT,))

    def _remove_app(self, request: Request) -> Response:
        url = request.query.get("url", "")
        apps = self._engine.state.apps.by_url(url)
        if not apps:
            raise PublicError(404, f"App not found: {url}")
        for app in apps:
            self._engine.sync.forget(app)
        return Response(200)

    async def _graphql(self, request: Request) -> Response:
        from embedded_inngest.graphql import api  # noqa: PLC0415 (graphql-core would double the start-up time)

        return await api.answer(self._engine, request)


async def _read(scope: Scope, receive: Receive) -> Request:
    body = bytearray()
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    query = scope["query_string"].decode("latin-1")
    return Request(
        method=scope["method"],
        path=scope["path"],
        target=f"{scope['path']}?{query}",
        query=dict(parse_qsl(query, keep_blank_values=True)),
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
        body=bytes(body),
    )


async def _write(send: Send, response: Response, request: Request, server_kind: str) -> None:
    headers = [*response.headers, ("vary", "Origin"), ("x-inngest-server-kind", server_kind)]
    if request.path.startswith(_TWICE_VARIED):
        headers.append(("vary", "Origin"))
    headers.append(("content-length", str(len(response.body))))
    if "origin" in request.headers:
        headers.append(("access-control-allow-origin", "*"))
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": response.status, "headers": raw})
    await send({"type": "http.response.body", "body": response.body})
