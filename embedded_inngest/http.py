"""Requests, answers and routes; the little of a web framework that the server needs."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from embedded_inngest.errors import PublicError

JSON = ("content-type", "application/json")
TEXT = ("content-type", "text/plain; charset=utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request; header names are in lower case, `target` is path and query as sent."""

    method: str
    path: str
    target: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Response:
    """An answer."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


NOT_FOUND = Response(404, b"404 page not found\n", (TEXT, ("x-content-type-options", "nosniff")))

Handler = Callable[[Request], Response | Awaitable[Response]]


def json_response(value: Any, status: int = 200, *headers: tuple[str, str]) -> Response:
    """Answer with JSON, ended by a line break as Go's encoder does; the content type is the caller's choice."""
    return Response(status, orjson.dumps(value) + b"\n", headers)


def error_response(error: PublicError, *headers: tuple[str, str]) -> Response:
    """Answer that something is refused."""
    return json_response(error.body(), error.status, *headers)


@dataclass(frozen=True, slots=True)
class Route:
    """A method, and a path whose `{name}` parts match anything; a last `*` matches the rest.

    A guarded one is for those who have the signing key, if there is one.
    """

    method: str
    parts: tuple[str, ...]
    handler: Handler
    guarded: bool

    def names(self, parts: list[str]) -> dict[str, str] | None:
        """Return what the named parts match, None when the path is another."""
        fixed = self.parts[:-1] if self.parts[-1] == "*" else self.parts
        if len(parts) < len(fixed) or (fixed is self.parts and len(parts) != len(fixed)):
            return None
        names = {}
        for pattern, part in zip(fixed, parts, strict=False):
            if pattern.startswith("{") and part:
                names[pattern[1:-1]] = part
            elif pattern != part:
                return None
        return names


class Router:
    """Finds the handler of a request."""

    def __init__(self) -> None:
        self._routes: dict[str, list[Route]] = {}

    def add(self, method: str, path: str, handler: Handler, *, guarded: bool = True) -> None:
        """Add a route; method `*` stands for any."""
        parts = tuple(path.removeprefix("/").split("/"))
        self._routes.setdefault(parts[0], []).append(Route(method, parts, handler, guarded))

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | list[str]:
        """Return the route and its names, or else the methods that the path allows."""
        parts = path.removeprefix("/").split("/")
        allowed = []
        for route in self._routes.get(parts[0], ()):
            names = route.names(parts)
            if names is not None:
                if route.method in {method, "*"}:
                    return route, names
                allowed.append(route.method)
        return allowed
