"""Sending one request: to the exact URL, within one deadline, reading no more of the answer than is kept."""

import asyncio
import os
import re
import socket
import ssl
from dataclasses import dataclass, field
from typing import ClassVar, Self

import httpcore

from reference_dispatcher.guard import Guard, GuardedNetwork
from reference_dispatcher.values import Answer, RefusedError, Request

MOST_READ = 65_536
MOST_SAID = 300
"""Characters of a reason: some quote what the receiver sent."""

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<authority>[^/?#]+)(?P<path>[^?#]*)(?P<query>\?[^#]*)?(#.*)?", re.IGNORECASE
)
_AUTHORITY = re.compile(r"(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?")
_UNSENDABLE = re.compile(r"[\x00-\x20\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a URL points, with its path and query as they are written.

    Attributes:
        authority: What the Host header says.
    """

    scheme: str
    host: str
    port: int | None
    authority: str
    path: bytes

    @classmethod
    def parse(cls, url: str | None) -> Self:
        """Read a URL; only characters that no request line can hold are escaped, everything else stays as it is.

        Raises:
            RefusedError: It is no http or https URL of a host, or holds credentials.
        """
        if not url or _UNSENDABLE.search(url) or not (parts := _URL.fullmatch(url)):
            raise RefusedError("the URL is not one of http:// or https://")
        if not (authority := _AUTHORITY.fullmatch(_ascii_host(parts["authority"]))):
            raise RefusedError("the URL does not name a host and nothing else before its path")
        port = int(authority["port"]) if authority["port"] else None
        if port is not None and not 0 < port <= 65_535:  # noqa: PLR2004 - the range of ports
            raise RefusedError("the URL has a port that does not exist")
        return cls(
            scheme=parts["scheme"].lower(),
            host=authority["host"].strip("[]"),
            port=port,
            authority=authority[0],
            path=_escaped((parts["path"] or "/") + (parts["query"] or "")),
        )

    def to_url(self) -> httpcore.URL:
        """Return the form that httpcore takes."""
        return httpcore.URL(scheme=self.scheme.encode(), host=self.host.encode(), port=self.port, target=self.path)


def _ascii_host(authority: str) -> str:
    if authority.isascii():
        return authority
    try:
        return authority.encode("idna").decode()
    except UnicodeError as error:
        raise RefusedError("the URL names a host that is not legal") from error


def _escaped(path: str) -> bytes:
    return b"".join(byte.to_bytes() if byte < 0x80 else b"%%%02X" % byte for byte in path.encode())  # noqa: PLR2004 - ASCII ends


@dataclass(slots=True)
class _Received:
    """What has come so far; kept apart so that it survives the deadline."""

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)

    def whole(self) -> Answer:
        return Answer(status=self.status, headers=self.headers, body=bytes(self.body), error=None)

    def broken(self, error: str) -> Answer:
        """Half an answer is none, but what it began with helps whoever has to find out why."""
        began = f" (after the beginning of an answer {self.status})" if self.status else ""
        return Answer(status=None, headers={}, body=b"", error=error + began)


class HttpSender:
    """Sends requests, each on a connection of its own: one that was kept could be dead, and cost an attempt.

    Never follows a redirect, verifies TLS, and asks for no compression.

    Args:
        timeout: Seconds for the whole attempt: name, connection, headers and body.
    """

    network: ClassVar[type[GuardedNetwork]] = GuardedNetwork

    def __init__(self, guard: Guard, *, timeout: float) -> None:
        self._timeout = timeout
        self._client = httpcore.AsyncConnectionPool(
            ssl_context=self.trust(),
            max_connections=None,
            max_keepalive_connections=0,
            network_backend=self.network(guard),
        )

    def trust(self) -> ssl.SSLContext:
        """Return how the certificate of a receiver is verified."""
        return ssl.create_default_context()

    async def send(self, request: Request) -> Answer:
        """POST the request and return what came back, also when nothing did.

        Raises:
            RefusedError: The URL cannot be used, or leads where nothing is sent.
        """
        received = _Received()
        try:
            async with asyncio.timeout(self._timeout):
                await self._exchange(request, received)
        except TimeoutError:
            return received.broken(f"no complete answer within {self._timeout:g} s")
        except (httpcore.LocalProtocolError, UnicodeEncodeError) as error:
            raise RefusedError("the request cannot be put into HTTP") from error
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            return received.broken(_reason(error))
        return received.whole()

    async def _exchange(self, request: Request, received: _Received) -> None:
        target = Target.parse(request.url)
        headers = [("Host", target.authority), *request.headers, ("Content-Length", str(len(request.body)))]
        wire = [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers]
        async with self._client.stream("POST", target.to_url(), headers=wire, content=request.body) as response:
            received.status = response.status
            received.headers = {
                name.decode("ascii").lower(): value.decode("latin-1") for name, value in response.headers
            }
            async for chunk in response.aiter_stream():
                received.body += chunk[: MOST_READ - len(received.body)]
                if len(received.body) == MOST_READ:
                    return


def _reason(error: BaseException) -> str:
    """Return what went wrong at the bottom, where the system says it best."""
    chain = [error]
    while (below := chain[-1].__cause__ or chain[-1].__context__) and below not in chain:  # they can go in a circle
        chain.append(below)
    return f"{type(error).__name__}: {_said(chain[-1])}"[:MOST_SAID]


def _said(error: BaseException) -> str:
    if isinstance(error, ssl.SSLError | socket.gaierror):
        return error.strerror or str(error)
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)  # its own text may hold the address, which is not for users to see
    return str(error) or type(error).__name__
