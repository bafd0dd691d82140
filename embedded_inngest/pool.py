"""The client that speaks to apps: connections kept for a moment, redirects followed as the real server follows them."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from urllib.parse import quote, urlsplit

from embedded_inngest.client import Answer, CallError, FailedRequestError, UnreachableError
from embedded_inngest.connection import BrokenError, Connection
from embedded_inngest.contents import decoded
from embedded_inngest.redirects import REDIRECTS, redirected
from embedded_inngest.release import V1_43, Release

_GET_AFTER = {301, 302, 303}
_IDLE_SECONDS = 1.0  # less than any server waits: a request must not meet a connection that is just being closed
_PORTS = {"http": 80, "https": 443}
_AS_IT_IS = "/?%:@!$&'()*+,;=~[]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Whom a connection is to."""

    host: str
    port: int
    tls: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A URL, taken apart; `target` is what is asked for there."""

    origin: Origin
    authority: str
    target: str


class PooledClient:
    """Keeps connections open between requests, each for a second.

    Args:
        release: Whose redirects it follows, and of an answer how many bytes it reads, as it comes and unpacked.
    """

    def __init__(self, release: Release = V1_43) -> None:
        self._release = release
        self._largest = release.largest_answer
        self._idle: dict[Origin, list[tuple[Connection, float]]] = {}
        self._tidying: asyncio.TimerHandle | None = None

    async def close(self) -> None:
        if self._tidying:
            self._tidying.cancel()
        for connection in (connection for idle in self._idle.values() for connection, _ in idle):
            connection.close()

    async def send(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, within: float) -> Answer:
        asked, verb, location = url, method, ""
        for hop in range(self._release.redirects + 1):
            answer = await self._send_once(verb, url, headers=headers, body=body, within=within, anew=hop > 0)
            location = answer.headers.get("location", "")
            if answer.status not in REDIRECTS or not location:
                return answer
            url = redirected(method, asked, url, location)
            if answer.status in _GET_AFTER and not self._release.redirects_keep_method:
                verb = "GET"
        raise FailedRequestError(verb, location, f"stopped after {self._release.redirects} redirects")

    async def _send_once(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, within: float, anew: bool
    ) -> Answer:
        place = _place(url)
        request = _request(method, place, headers, body)
        try:
            async with asyncio.timeout(within):
                connection = None if anew else self._kept(place.origin)
                connection = connection or await self._connected(place.origin)
                answer = await connection.ask(request)
        except BrokenError as error:
            raise FailedRequestError(method, url, error) from None
        except TimeoutError:
            raise CallError("Your server connection experienced a timeout or was blocked") from None
        if connection.is_open:
            self._keep(place.origin, connection)
        encoding = answer.headers.get("content-encoding")
        return replace(answer, body=decoded(answer.body, encoding, self._largest)) if encoding else answer

    async def _connected(self, origin: Origin) -> Connection:
        context = _context() if origin.tls else None
        loop = asyncio.get_running_loop()
        try:
            _, connection = await loop.create_connection(
                lambda: Connection(self._largest), origin.host, origin.port, ssl=context
            )
        except TimeoutError:
            raise
        except (OSError, ValueError):  # some names are refused before they are looked up
            raise UnreachableError from None
        return connection

    def _kept(self, origin: Origin) -> Connection | None:
        """Return the connection that was used last, if it is still good."""
        idle = self._idle.get(origin)
        while idle:
            connection, since = idle.pop()
            if connection.is_open and asyncio.get_running_loop().time() - since < _IDLE_SECONDS:
                return connection
            connection.close()
        return None

    def _keep(self, origin: Origin, connection: Connection) -> None:
        loop = asyncio.get_running_loop()
        self._idle.setdefault(origin, []).append((connection, loop.time()))
        if self._tidying is None:
            self._tidying = loop.call_later(_IDLE_SECONDS, self._tidy)

    def _tidy(self) -> None:
        """Close what nobody has used for a while, and look again later if anything is left."""
        loop = asyncio.get_running_loop()
        good, latest = {}, loop.time() - _IDLE_SECONDS
        for origin, idle in self._idle.items():
            good[origin] = [(connection, since) for connection, since in idle if since > latest]
            for connection, since in idle:
                if since <= latest:
                    connection.close()
        self._idle = {origin: idle for origin, idle in good.items() if idle}
        self._tidying = loop.call_later(_IDLE_SECONDS, self._tidy) if self._idle else None


@cache
def _context() -> ssl.SSLContext:
    return ssl.create_default_context()


@lru_cache(maxsize=1024)
def _place(url: str) -> Place:
    """Take a URL apart.

    Raises:
        CallError: It is none.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError) as error:
        raise CallError(f"error performing request: unsupported URL {url!r}: {error}") from None
    origin = Origin(host=parts.hostname or "", port=port, tls=parts.scheme == "https")
    query = f"?{parts.query}" if parts.query else ""
    target = quote(f"{parts.path or '/'}{query}", safe=_AS_IT_IS)
    return Place(origin=origin, authority=parts.netloc.rpartition("@")[2], target=target)


def _request(method: str, place: Place, headers: Mapping[str, str], body: bytes) -> bytes:
    """Write a request.

    Raises:
        CallError: A header would not stay in its line.
    """
    lines = [f"{method} {place.target} HTTP/1.1", f"Host: {place.authority}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(body)}", "\r\n"]
    head = "\r\n".join(lines)
    if head.count("\n") > len(lines) or head.count("\r") > len(lines):
        raise CallError("error performing request: net/http: invalid header field value")
    return head.encode() + body
