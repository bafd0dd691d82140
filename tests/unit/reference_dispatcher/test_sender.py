"""The sender: exact bytes out, one deadline, a bounded answer in, and an answer whatever the receiver does."""

import asyncio
import socket
import ssl
import threading
import time
from asyncio import StreamWriter
from pathlib import Path
from typing import Any

import pytest

from reference_dispatcher.delivery import MOST_READ, MOST_SAID, HttpSender, _reason
from reference_dispatcher.guard import Guard
from reference_dispatcher.values import RefusedError, Request
from tests.unit.reference_dispatcher.raw_server import RawServer, raw_server

pytestmark = pytest.mark.anyio

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CERTIFICATE = Path(__file__).parent / "self_signed.pem"


def request(url: str, body: bytes = b"{}", *headers: tuple[str, str]) -> Request:
    """Return a request with a body and nothing that a test does not name."""
    return Request(url=url, headers=headers, body=body)


def sender(timeout: float = 5.0) -> HttpSender:
    """Return a sender that may reach loopback."""
    return HttpSender(Guard(allow_private=True), timeout=timeout)


async def test_request_is_exactly_what_was_asked_for() -> None:
    """Request line, headers and body go out as given, with a right Content-Length and nothing added."""
    async with raw_server(OK) as server:
        await sender().send(request(server.url("/a%2Fb?q=%41"), '{"ż":1}'.encode(), ("X-A", "käse")))

    host = f"127.0.0.1:{server.port}".encode()
    assert server.requests == [
        b"POST /a%2Fb?q=%41 HTTP/1.1\r\nHost: " + host + b'\r\nX-A: k\xe4se\r\nContent-Length: 8\r\n\r\n{"\xc5\xbc":1}'
    ]


async def test_answer_is_read_whole() -> None:
    """Status, headers and body come back."""
    async with raw_server(b"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nlate") as server:
        answer = await sender().send(request(server.url()))

    assert (answer.status, answer.headers["retry-after"], answer.body, answer.error) == (503, "7", b"late", None)


async def test_redirect_is_not_followed() -> None:
    """A redirect is an answer like any other; its target is never asked."""
    async with raw_server(OK) as elsewhere:
        redirect = b"HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % elsewhere.url().encode()
        async with raw_server(redirect) as server:
            answer = await sender().send(request(server.url()))

    assert (answer.status, len(server.requests), elsewhere.requests) == (302, 1, [])


async def _reset(writer: StreamWriter) -> None:
    linger = b"\1\0\0\0\0\0\0\0"  # on, for 0 seconds: closing sends RST
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


@pytest.mark.parametrize(
    ("answering", "reason"),
    [
        (b"", "Server disconnected"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "Server disconnected"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf", "(after the beginning of an answer 200)"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "RemoteProtocolError"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n", "RemoteProtocolError"),
        (_reset, "ReadError"),
    ],
    ids=["nothing", "half-headers", "half-body", "no-http", "endless-headers", "reset"],
)
async def test_what_is_no_whole_answer_is_an_error(answering: Any, reason: str) -> None:
    """A receiver that hangs up, speaks nonsense or stops half-way has given no status, and the reason is kept."""
    async with raw_server(answering) as server:
        answer = await sender().send(request(server.url()))

    assert answer.status is None
    assert reason in str(answer.error)


async def test_reason_is_short() -> None:
    """However much nonsense a receiver sends, the reason quotes little of it."""
    async with raw_server(b"nonsense" * 5000 + b"\r\n\r\n") as server:
        answer = await sender().send(request(server.url()))

    assert len(str(answer.error)) <= MOST_SAID


def test_reason_of_errors_in_a_circle_is_found() -> None:
    """Errors that are each other's cause do not stop the service."""
    first, second = OSError("first"), OSError("second")
    first.__cause__, second.__cause__ = second, first

    assert _reason(first) == "OSError: second"


async def test_refused_connection_is_an_error(unused_port: int) -> None:
    """A receiver that is not there has given no status."""
    answer = await sender().send(request(f"http://127.0.0.1:{unused_port}/"))

    assert (answer.status, answer.error) == (None, "ConnectError: Connection refused")


async def test_unknown_host_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that does not resolve is a failure to try again, not a refusal."""
    monkeypatch.setattr(socket, "getaddrinfo", _unknown)

    answer = await sender().send(request("http://nowhere.example/"))

    assert (answer.status, answer.error) == (None, "gaierror: Name or service not known")


def _unknown(*_: object) -> None:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


async def _hang(_: StreamWriter) -> None:
    await asyncio.Event().wait()


async def _drip(writer: StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        writer.write(b".")
        await writer.drain()
        await _moment(0.02)


async def _moment(seconds: float) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), seconds)


@pytest.mark.parametrize("answering", [_hang, _drip], ids=["silence", "drip"])
async def test_one_deadline_for_the_whole_attempt(answering: Any) -> None:
    """Neither silence nor one byte now and then keeps an attempt alive beyond its deadline."""
    async with raw_server(answering) as server:
        started = time.monotonic()
        answer = await sender(timeout=0.3).send(request(server.url()))

    assert str(answer.error).startswith("no complete answer within 0.3 s")
    assert 0.25 <= time.monotonic() - started < 2


async def test_name_that_does_not_resolve_in_time_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The look-up of the name counts, too."""
    release = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: release.wait())

    answer = await sender(timeout=0.2).send(request("http://slow.example/"))

    release.set()
    assert answer.error == "no complete answer within 0.2 s"


async def test_answer_just_inside_the_deadline_counts() -> None:
    """A slow receiver that makes it has answered."""

    async def slow(writer: StreamWriter) -> None:
        await _moment(0.3)
        writer.write(OK)

    async with raw_server(slow) as server:
        assert (await sender(timeout=1).send(request(server.url()))).status == 200


async def test_slow_receiver_does_not_delay_others() -> None:
    """While one receiver is silent, many others are served."""
    one, others_served = sender(timeout=30), asyncio.Event()

    async def silent_until_then(writer: StreamWriter) -> None:
        await others_served.wait()
        writer.write(OK)

    async with raw_server(silent_until_then) as slow, raw_server(OK) as server:
        waiting = asyncio.create_task(one.send(request(slow.url())))
        answers = await asyncio.gather(*(one.send(request(server.url())) for _ in range(50)))
        others_served.set()

        assert [answer.status for answer in [*answers, await waiting]] == [200] * 51


async def _endless(writer: StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
        await writer.drain()


async def test_endless_answer_is_cut() -> None:
    """Of an answer without end only the beginning is read, and it still is a success."""
    async with raw_server(_endless) as server:
        answer = await sender().send(request(server.url()))

    assert (answer.status, len(answer.body), answer.error) == (200, MOST_READ, None)


async def test_compressed_answer_is_not_unpacked() -> None:
    """What was not asked for is not decompressed, so a bomb stays as small as it came."""
    bomb = b"\x1f\x8b\x08" + b"\0" * 100
    async with raw_server(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 103\r\n\r\n" + bomb) as server:
        assert (await sender().send(request(server.url()))).body == bomb


async def test_guarded_address_is_not_even_connected_to() -> None:
    """With the guard on, a URL that leads inside is refused and the receiver sees nothing."""
    async with raw_server(OK) as server:
        with pytest.raises(RefusedError, match="loopback"):
            await HttpSender(Guard(allow_private=False), timeout=1).send(request(server.url(host="localhost")))

    assert server.requests == []


async def test_header_that_http_cannot_hold_is_refused() -> None:
    """Should a bad header ever get here, the request is refused, not sent in pieces."""
    async with raw_server(OK) as server:
        with pytest.raises(RefusedError):
            await sender().send(request(server.url(), b"{}", ("X-Event", "ż\r\n")))

    assert server.requests == []


@pytest.fixture
def tls() -> ssl.SSLContext:
    """The server side of a certificate for the name localhost, signed by nobody but itself."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


async def _over_tls(server: RawServer, host: str) -> str:
    answer = await sender().send(request(server.url(host=host, scheme="https")))
    return answer.error or str(answer.status)


async def test_unknown_certificate_is_an_error(tls: ssl.SSLContext) -> None:
    """A certificate that nobody we trust has signed ends the attempt before anything is sent."""
    async with raw_server(OK, tls) as server:
        assert "self-signed certificate" in await _over_tls(server, "localhost")

    assert server.requests == []


async def test_certificate_of_another_host_is_an_error(tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    """A trusted certificate is good for its own name only."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    async with raw_server(OK, tls) as server:
        assert await _over_tls(server, "localhost") == "200"
        assert "certificate is not valid for '127.0.0.1'" in await _over_tls(server, "127.0.0.1")
