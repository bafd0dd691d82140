"""The receiver's worse answers: those that drip, that nobody should read whole, and that come together or never."""

import gzip
import http.client
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import pytest

from harness.errors import Inconclusive
from harness.receiver import silent
from harness.receiver.answers import RetryAt, Script, Together
from harness.receiver.receiver import Receiver
from harness.receiver.silent import SilentPort
from harness.receiver.streams import BodyDrip, Endless, GzipBomb, HeaderDrip, Huge, SlowParts, gzip_of_nothing

BIG = 300_000


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Return a receiver that listens, and see that nothing went wrong in it."""
    receiver = Receiver().start()
    yield receiver
    receiver.close()
    receiver.check()


def request(receiver: Receiver, *answers: Script | int) -> socket.socket:
    """Send a request to a path with these answers, and return its connection."""
    receiver.script("/a", answers)
    parts = urlsplit(receiver.url("/a"))
    connection = socket.create_connection((parts.hostname, parts.port), timeout=5)
    connection.sendall(b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
    return connection


def answer(receiver: Receiver, *answers: Script | int) -> tuple[http.client.HTTPResponse, bytes, float]:
    """Send a request, and return the answer, its body and the seconds that it took."""
    began = time.monotonic()
    with closing(request(receiver, *answers)) as connection:
        response = http.client.HTTPResponse(connection)
        response.begin()
        body = response.read()
        return response, body, time.monotonic() - began


@pytest.mark.parametrize(
    ("script", "body"),
    [
        pytest.param(HeaderDrip(lasts=0.2, every=0.05), b"ok", id="headers"),
        pytest.param(BodyDrip(lasts=0.2, every=0.05), b"xxxx", id="body"),
        pytest.param(SlowParts(each=0.1), b"ok", id="parts"),
    ],
)
def test_drip_is_a_whole_answer_in_the_end(receiver: Receiver, script: Script, body: bytes) -> None:
    """Who waits long enough gets a whole 200 from a drip, and no sooner than it lasts."""
    response, read, seconds = answer(receiver, script)

    assert (response.status, read) == (200, body)
    assert seconds >= 0.2


@pytest.mark.parametrize("script", [HeaderDrip(lasts=0.3, every=0.1), BodyDrip(lasts=0.3, every=0.1)], ids=repr)
def test_drip_comes_byte_by_byte(receiver: Receiver, script: Script) -> None:
    """No pause of a drip is longer than it says, so that a timeout for each read never comes about."""
    with closing(request(receiver, script)) as connection:
        connection.settimeout(0.25)
        assert b"".join(iter(lambda: connection.recv(1000), b"")).endswith((b"ok", b"xxx"))


@pytest.mark.parametrize("script", [HeaderDrip(lasts=60, every=0.05), BodyDrip(lasts=60, every=0.05)], ids=repr)
def test_drip_ends_when_the_other_side_hangs_up(receiver: Receiver, script: Script) -> None:
    """Hanging up ends a drip at once, and the attempt tells how long the other side has waited."""
    with closing(request(receiver, script)) as connection:
        connection.recv(10)

    assert receiver.wait_for(lambda attempts: [each.ended is not None for each in attempts] == [True], within=2)
    [attempt] = receiver.attempts()
    assert (attempt.status, attempt.seconds is not None and attempt.seconds < 2) == (None, True)


def test_huge_body_is_as_long_as_it_says(receiver: Receiver) -> None:
    """A huge answer is whole for those who read it to its end."""
    response, body, _ = answer(receiver, Huge(size=BIG))

    assert (response.status, len(body)) == (200, BIG)


def test_endless_body_has_no_last_chunk(receiver: Receiver) -> None:
    """An endless answer breaks off after its chunks, of which none was the last."""
    with pytest.raises(http.client.IncompleteRead):
        answer(receiver, Endless(size=BIG))


def test_gzip_bomb_unpacks_to_what_it_says(receiver: Receiver) -> None:
    """A bomb is a right gzip file, small on its way and large when it is unpacked."""
    response, body, _ = answer(receiver, GzipBomb(megabytes=3))

    assert response.getheader("Content-Encoding") == "gzip"
    assert len(body) < BIG
    assert gzip.decompress(body) == bytes(3_000_000)
    assert gzip.decompress(gzip_of_nothing(1)) == bytes(1_000_000)


def test_stream_stops_when_nobody_reads(receiver: Receiver) -> None:
    """A receiver that closes ends what it sends to somebody who does not read it."""
    with closing(request(receiver, Huge(size=10**9))):
        assert receiver.wait_for(len, within=2)
        receiver.close()

    assert [each.status for each in receiver.attempts()] == [None]


def test_date_to_come_back_is_not_too_early(receiver: Receiver) -> None:
    """A date in `Retry-After` lies as many seconds ahead as it should, and at most one more."""
    before = time.time()
    response, _, _ = answer(receiver, RetryAt(status=503, seconds=2))

    ahead = parsedate_to_datetime(str(response.getheader("Retry-After"))).timestamp() - before
    assert response.status == 503
    assert 2 <= ahead <= 3.5


def test_requests_are_answered_together(receiver: Receiver) -> None:
    """No request of a group is answered before the last one has come."""
    together = Together(requests=3, within=5)
    with ThreadPoolExecutor() as pool:
        first = [pool.submit(answer, receiver, together) for _ in range(2)]
        assert receiver.wait_for(lambda attempts: len(attempts) == 2, within=2)
        assert not any(each.done() for each in first)
        last = pool.submit(answer, receiver, together)

    assert [each.result()[0].status for each in (*first, last)] == [500] * 3
    assert not together.missed


def test_requests_do_not_wait_for_ever_for_each_other(receiver: Receiver) -> None:
    """A group that stays incomplete is answered after its time, and says that it was."""
    together = Together(requests=2, within=0.1)

    assert answer(receiver, together)[0].status == 500
    assert together.missed


def test_silent_port_takes_no_connection() -> None:
    """Who calls a silent port gets neither a connection nor a refusal."""
    with closing(SilentPort().start()) as port:
        parts = urlsplit(port.url("/a"))
        with pytest.raises(TimeoutError):
            socket.create_connection((parts.hostname, parts.port), timeout=0.4)


def test_silent_port_is_free_again() -> None:
    """Closing a silent port makes it refuse again."""
    port = SilentPort().start()
    parts = urlsplit(port.url())
    port.close()

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((parts.hostname, parts.port), timeout=1)


def test_port_that_can_not_be_silent_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system takes more connections than the queue holds, nothing is said about the target."""
    monkeypatch.setattr(silent, "MOST_CALLERS", 1)

    with pytest.raises(Inconclusive, match="a port that takes no connection"):
        SilentPort().start()
