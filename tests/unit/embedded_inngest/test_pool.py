"""The client that speaks to apps: connections are used again, answers are bounded, and no answer is an error."""

import asyncio
import gzip
import socket
import ssl
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from embedded_inngest import pool
from embedded_inngest.client import Answer, CallError
from embedded_inngest.pool import PooledClient
from embedded_inngest.release import Release
from tests.unit.reference_dispatcher import raw_server as raw
from tests.unit.reference_dispatcher.raw_server import raw_server

pytestmark = pytest.mark.anyio

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LARGEST = 100_000
CERTIFICATE = Path(raw.__file__).parent / "self_signed.pem"


@pytest.fixture
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio, as the engine runs."""
    return "asyncio"


@pytest.fixture
async def client() -> AsyncIterator[PooledClient]:
    """A client that reads answers of up to a hundred kilobytes."""
    made = PooledClient(Release(imitated="small", largest_answer=LARGEST))
    yield made
    await made.close()


async def send(
    client: PooledClient, url: str, *, within: float = 5.0, headers: Mapping[str, str] = MappingProxyType({})
) -> Answer:
    """Send a request of two bytes."""
    return await client.send("POST", url, headers=headers, body=b"{}", within=within)


class Patient:
    """A server that answers request after request on each connection.

    Attributes:
        answered: How many it has answered on each.
    """

    def __init__(self) -> None:
        self.answered: list[int] = []
        self._talks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Serve on loopback, until the other side has ended all connections."""
        async with await asyncio.start_server(self._talk, "127.0.0.1", 0) as server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            async with asyncio.timeout(5):
                await asyncio.gather(*self._talks)

    async def _talk(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        number = len(self.answered)
        self.answered.append(0)
        with closing(writer):
            while await reader.read(10_000):
                self.answered[number] += 1
                writer.write(OK)


async def test_request_is_exactly_what_was_asked_for(client: PooledClient) -> None:
    """Request line, host, headers and body go out as given, with the length and nothing else added."""
    async with raw_server(OK) as server:
        await send(client, server.url("/a%2Fb?q=ż&stepId=step"), headers={"X-A": "ż"})

    head = f"POST /a%2Fb?q=%C5%BC&stepId=step HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nX-A: ż\r\nContent-Length: 2"
    assert server.requests == [f"{head}\r\n\r\n{{}}".encode()]


async def test_connection_is_used_again(client: PooledClient) -> None:
    """One request after the other takes one connection, requests beside each other take one each."""
    server = Patient()
    async with server.serving() as url:
        for _ in range(3):
            await send(client, url)
        await asyncio.gather(*(send(client, url) for _ in range(2)))
        await client.close()

    assert sorted(server.answered) == [1, 4]


async def test_idle_connection_is_closed_soon(client: PooledClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that nobody needs does not keep an app from ending."""
    monkeypatch.setattr(pool, "_IDLE_SECONDS", 0.02)
    server = Patient()
    async with server.serving() as url:  # which ends when the connection does
        await send(client, url)

    assert server.answered == [1]


async def test_connection_that_the_app_ends_is_not_used_again(client: PooledClient) -> None:
    """After `Connection: close` the next request takes a connection of its own."""
    async with raw_server(OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")) as server:
        answers = [await send(client, server.url()) for _ in range(2)]

    assert [answer.body for answer in answers] == [b"ok", b"ok"]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nX-B: 1\r\n\r\nok",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nx-b: 1\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nX-b: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nX-B: 1\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"ok"),
    ],
    ids=["until-the-end", "go-on", "chunks", "gzip"],
)
async def test_answer_is_read_whole(client: PooledClient, answer: bytes) -> None:
    """However an answer says how long it is, its status, headers and body come back."""
    async with raw_server(answer) as server:
        got = await send(client, server.url())

    assert (got.status, got.headers["x-b"], got.body) == (200, "1", b"ok")


async def _reset(writer: StreamWriter) -> None:
    linger = b"\1\0\0\0\0\0\0\0"  # on, for 0 seconds: closing sends RST
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


async def _hang(_: StreamWriter) -> None:
    await asyncio.Event().wait()


async def _endless(writer: StreamWriter, beginning: bytes = b"HTTP/1.1 200 OK\r\n\r\n") -> None:
    writer.write(beginning)
    while True:
        writer.write(b"x" * 0x10000)
        await writer.drain()


async def _endless_header(writer: StreamWriter) -> None:
    await _endless(writer, b"HTTP/1.1 200 OK\r\nX: ")


BOMB = gzip.compress(b"x" * (LARGEST + 1))


@pytest.mark.parametrize(
    ("answering", "error"),
    [
        (b"", "Unable to reach SDK URL"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "malformed HTTP response"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf",
            "while we were reading the reply: Unexpected ending response",
        ),
        (b"HTTP/1.1 100 Continue\r\n\r\n", "Unable to reach SDK URL"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", 'error performing request: Post "http://127.0.0.1:[0-9]+/hook": '),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "the protocol was switched"),
        (_reset, 'error performing request: Post "http://127.0.0.1:[0-9]+/hook": read: '),
        (_endless, "http response size is greater than the limit"),
        (_endless_header, "headers are too large"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + BOMB, "http response size is greater than the limit"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nno gzip", "Unexpected ending response"),
    ],
    ids=[
        *("nothing", "half-headers", "half-body", "only-go-on", "no-http", "another-protocol", "reset"),
        *("endless-body", "endless-headers", "bomb", "no-gzip"),
    ],
)
async def test_what_is_no_whole_answer_is_an_error(client: PooledClient, answering: Any, error: str) -> None:
    """An app that hangs up, speaks nonsense, stops half-way or never stops has not answered, and it is told why."""
    async with raw_server(answering) as server:
        with pytest.raises(CallError, match=error):
            await send(client, server.url())


async def test_silence_is_an_error_in_time(client: PooledClient) -> None:
    """An app that says nothing is given up when its time is over, and its connection is not used again."""
    async with raw_server(_hang) as server:
        for _ in range(2):
            with pytest.raises(CallError, match="experienced a timeout or was blocked"):
                await send(client, server.url(), within=0.05)

    assert len(server.requests) == 2


@pytest.mark.parametrize("url", ["ftp://a/", "http://a:port/", "no url", "http://a\x00b/", "http://127.0.0.1:1/"])
async def test_who_can_not_be_reached_is_an_error(client: PooledClient, url: str) -> None:
    """Where nobody listens, or nothing can be asked for, there is no answer."""
    with pytest.raises(CallError, match=r"Unable to reach SDK URL|unsupported URL"):
        await send(client, url)


async def test_header_stays_in_its_line(client: PooledClient) -> None:
    """The id of a step, which an app may choose, can not become a header of its own."""
    async with raw_server(OK) as server:
        with pytest.raises(CallError, match="invalid header field value"):
            await send(client, server.url(), headers={"X-Inngest-Step-Id": "a\r\nX-Run-Id: b"})

    assert server.requests == []


async def test_certificates_are_verified(client: PooledClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over TLS an app is asked whose certificate is trusted and bears its name, and no other."""
    monkeypatch.setattr(pool, "_context", lambda: ssl.create_default_context(cafile=CERTIFICATE))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    async with raw_server(OK, context) as server:
        assert (await send(client, server.url(host="localhost", scheme="https"))).body == b"ok"
        with pytest.raises(CallError, match="Unable to reach SDK URL"):
            await send(client, server.url(host="127.0.0.1", scheme="https"))
