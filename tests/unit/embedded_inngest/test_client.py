"""The engine's HTTP client before servers that break every rule: each exchange fails by itself, and takes its time."""

import asyncio
import gzip
import zlib
from collections.abc import Awaitable, Callable
from typing import Any, Self

import pytest

from embedded_inngest.client import Answer, CallError, TooLargeError
from embedded_inngest.contents import decoded
from embedded_inngest.pool import PooledClient
from embedded_inngest.release import V0_29, V1_43, Release
from tests.unit.embedded_inngest.turned_clock import settled

Behaviour = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
FINE = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfine"
PATIENCE = 5.0
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
CUT = "Your server reset the connection while we were reading the reply: Unexpected ending response"
NO_HTTP = "net/http: HTTP/1.x transport connection broken"


class RawServer:
    """Does to each connection, once it has read a request, what it is told to; keeps the requests."""

    def __init__(self, behave: Behaviour) -> None:
        self.requests: list[bytes] = []
        self._behave = behave

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/app?fnId=f&stepId=step"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.requests.append(await reader.readuntil(b"ping"))
            await self._behave(self.requests[-1], writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()


def saying(said: bytes) -> Behaviour:
    """Return the behaviour of a server that says the same to everybody and hangs up."""

    async def say(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await writer.drain()

    return say


def ask(behave: Behaviour, *, within: float = PATIENCE, release: Release = V1_43, times: int = 1) -> tuple[Any, Any]:
    """Ask a server so many times; return its last answer, or why there is none, and the requests that it saw."""

    async def asking() -> tuple[Any, Any]:
        client = PooledClient(release)
        async with RawServer(behave) as server:
            try:
                for _ in range(times):
                    await settled()
                    said: Any = await client.send("POST", server.url, headers={}, body=b"ping", within=within)
            except CallError as error:
                said = str(error)
            await client.close()
            return said, server.requests

    return asyncio.run(asking())


async def endless(_request: bytes, writer: asyncio.StreamWriter) -> None:
    """Write chunk after chunk for as long as anybody reads."""
    writer.write(CHUNKED)
    while True:
        writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
        await writer.drain()


async def dripping(_request: bytes, writer: asyncio.StreamWriter) -> None:
    """Write a byte now and then for as long as anybody reads."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"x")
        await writer.drain()
        await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=0.01)


def header(content: bytes) -> bytes:
    """Return an answer that has these header lines too."""
    return FINE.replace(b"\r\n\r\n", b"\r\n" + content + b"\r\n\r\n")


BROKEN: dict[str, tuple[Behaviour, str]] = {
    "nothing": (saying(b""), "Unable to reach SDK URL"),
    "no HTTP": (saying(b"hello there\r\n\r\n"), NO_HTTP),
    "half a head": (saying(b"HTTP/1.1 200 OK\r\nconte"), "net/http: malformed HTTP response"),
    "a status that is a word": (saying(b"HTTP/1.1 fine OK\r\n\r\n"), NO_HTTP),
    "a header without a colon": (saying(header(b"rubbish")), NO_HTTP),
    "a header bomb": (saying(header(b"a: " + b"x" * 2_000_000)), "net/http: server response headers are too large"),
    "a bomb of headers": (saying(header(b"\r\n".join(b"a%d: b" % n for n in range(200_000)))), "headers are too large"),
    "two lengths": (saying(header(b"content-length: 5")), NO_HTTP),
    "a length that is a word": (saying(FINE.replace(b"4", b"four")), NO_HTTP),
    "more length than body": (saying(FINE.replace(b"4", b"400")), CUT),
    "half a chunk": (saying(CHUNKED + b"5\r\nab"), CUT),
    "endless chunks": (endless, "http response size is greater than the limit"),
    "a slow drip": (dripping, "Your server connection experienced a timeout or was blocked"),
    "an unknown packing": (saying(header(b"content-encoding: zstd")), 'unsupported content encoding: "zstd"'),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_exchange_is_told_of(broken: str) -> None:
    """Whatever a server does instead of answering, the caller is told, in bounded time and memory, after one try."""
    behave, complaint = BROKEN[broken]

    said, requests = ask(behave, within=0.3 if behave is dripping else PATIENCE)

    assert complaint in said
    assert len(requests) == 1


def test_large_headers_of_honest_apps_are_read() -> None:
    """Headers may be far larger than those of a cautious web server."""
    said, _ = ask(saying(header(b"a: " + b"x" * 100_000)))

    assert (said.body, len(said.headers["a"])) == (b"fine", 100_000)


def test_headers_that_are_no_text_can_be_told_of() -> None:
    """Bytes of a header that are no UTF-8 are replaced, since errors quote headers."""
    said, _ = ask(saying(header(b"a: t\xff")))

    assert said.headers["a"] == "t\ufffd"


def test_a_server_may_hang_up_without_a_word() -> None:
    """A connection that was closed after an answer is not taken for the next request, which is made once."""
    said, requests = ask(saying(FINE), times=3)

    assert (said.body, len(requests)) == (b"fine", 3)


def redirecting(status: int, location: str, *, hops: int = 1) -> Behaviour:
    """Return the behaviour of a server that sends the first requests elsewhere."""
    seen: list[bytes] = []

    async def redirect(request: bytes, writer: asyncio.StreamWriter) -> None:
        seen.append(request)
        moved = f"HTTP/1.1 {status} X\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n".encode()
        writer.write(moved if len(seen) <= hops else FINE)
        await writer.drain()

    return redirect


METHODS = [(301, V1_43, "GET"), (303, V1_43, "GET"), (307, V1_43, "POST"), (308, V1_43, "POST"), (302, V0_29, "POST")]


@pytest.mark.parametrize(("status", "release", "method"), [(302, V1_43, "GET"), *METHODS])
def test_a_redirect_keeps_query_and_body(status: int, release: Release, method: str) -> None:
    """A redirect is followed with the query of both and the same body; v1.43.0 asks with GET where browsers do."""
    said, (_, followed) = ask(redirecting(status, "there?own=1"), release=release)

    assert said.body == b"fine"
    assert followed.startswith(f"{method} /there?fnId=f&own=1&stepId=step HTTP".encode())


@pytest.mark.parametrize(("release", "hops"), [(V1_43, 60), (V0_29, 10)])
def test_redirects_come_to_an_end(release: Release, hops: int) -> None:
    """So many redirects are followed, one more is an error that says so."""
    followed, _ = ask(redirecting(307, "on", hops=hops), release=release)
    refused, requests = ask(redirecting(307, "on", hops=hops + 1), release=release)

    assert isinstance(followed, Answer)
    assert refused == f'error performing request: Post "on": stopped after {hops} redirects'
    assert len(requests) == hops + 1


@pytest.mark.parametrize("location", ["http://[::1", "ftp://127.0.0.1/x", "http://nowhere:999999/"])
def test_a_redirect_to_nonsense_is_an_error(location: str) -> None:
    """A location that can't be asked fails the exchange."""
    said, requests = ask(redirecting(307, location))

    assert said.startswith("error performing request: ")
    assert len(requests) == 1


PACKED = gzip.compress(b"fine", mtime=0)


@pytest.mark.parametrize("content", [b"junk", b"", PACKED[:-9], PACKED + b"more"])
def test_what_is_packed_badly_is_no_answer(content: bytes) -> None:
    """A body that is no whole gzip stream is an answer that was cut."""
    with pytest.raises(CallError, match="Unexpected ending response"):
        decoded(content, "gzip", 100)


def test_what_is_packed_is_bounded_unpacked() -> None:
    """A small body that unpacks to more than the server reads is too large, and is not unpacked to its end."""
    assert decoded(PACKED, "GZIP", 4) == b"fine"
    with pytest.raises(TooLargeError):
        decoded(zlib.compress(bytes(5), wbits=31), "gzip", 4)
