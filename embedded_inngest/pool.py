"""The client that speaks to apps: connections kept for a moment, redirects followed with the same method and body."""

import asyncio
import ssl
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from urllib.parse import quote, urljoin, urlsplit

from embedded_inngest.client import Answer, CallError, TooLargeError, UnreachableError
from embedded_inngest.connection import BrokenError, Connection

_MAX_REDIRECTS = 10
_REDIRECTS = {301, 302, 303, 307, 308}
_IDLE_SECONDS = 1.0  # less than any server waits: a request must not meet a connection that is just being closed
_GZIP_WINDOW = 47  # zlib's "gzip or zlib, whichever it is"
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
        largest_answer: Bytes that are read of an answer, as it comes and unpacked.
    """

    def __init__(self, largest_answer: int) -> None:
        self._largest = largest_answer
        self._idle: dict[Origin, list[tuple[Connection, float]]] = {}
        self._tidying: asyncio.TimerHandle | None = None

    async def close(self) -> None:
        if self._tidying:
            self._tidying.cancel()
        for connection in (connection for idle in self._idle.values() for connection, _ in idle):
            connection.close()

    async def send(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, within: float) -> Answer:
        for _ in range(_MAX_REDIRECTS + 1):
            answer = await self._send_once(method, url, headers=headers, body=body, within=within)
            location = answer.headers.get("location")
            if answer.status not in _REDIRECTS or not location:
                return answer
            url = urljoin(url, location)
        raise CallError(f"error performing request: stopped after {_MAX_REDIRECTS} redirects")

    async def _send_once(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, within: float
    ) -> Answer:
        place = _place(url)
        request = _request(method, place, headers, body)
        try:
            async with asyncio.timeout(within):
                connection = self._kept(place.origin) or await self._connected(place.origin)
                answer = await connection.ask(request)
        except BrokenError as error:
            raise CallError(f'error performing request: {method.capitalize()} "{url}": {error}') from None
        except TimeoutError:
            raise CallError("Your server connection experienced a timeout or was blocked") from None
        if connection.is_open:
            self._keep(place.origin, connection)
        return _decompressed(answer, self._largest)

    async def _connected(self, origin: Origin) -> Connection:
        context = _context() if origin.tls else None
        loop = asyncio.get_running_loop()
        try:
            _, connection = await loop.create_connection(
                lambda: Connection(self._largest), origin.host, origin.port, ssl=context
            )
        except TimeoutError:
            raise
        except (OSError, UnicodeError):
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


def _decompressed(answer: Answer, largest: int) -> Answer:
    """Unpack what an app compressed unasked, never beyond the limit."""
    if answer.headers.get("content-encoding") not in {"gzip", "deflate"}:
        return answer
    unpacker = zlib.decompressobj(_GZIP_WINDOW)
    try:
        body = unpacker.decompress(answer.body, largest)
    except zlib.error as error:
        raise CallError(f"error decompressing response body: {error}") from None
    if unpacker.unconsumed_tail:
        raise TooLargeError
    return Answer(answer.status, answer.headers, body)
