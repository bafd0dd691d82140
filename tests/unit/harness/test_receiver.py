"""The receiver: keeps every attempt as it was sent, and answers as its script says."""

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from harness.errors import SetupError, UnmetError
from harness.receiver.answers import Answer, HalfAnswer, Hang, Held, Reset, Script
from harness.receiver.attempts import Attempt
from harness.receiver.receiver import Receiver
from harness.waiters import until

BODY = b'{"id": "event-1"}'


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Return a receiver that listens, and see that nothing went wrong in it."""
    receiver = Receiver().start()
    yield receiver
    receiver.close()
    receiver.check()


def post(url: str, body: bytes = BODY, timeout: float = 5) -> http.client.HTTPResponse:
    """Send a request in an ordinary way; the answer has been read."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    with closing(http.client.HTTPConnection(parts.hostname, parts.port or 0, timeout=timeout)) as connection:
        connection.request("POST", parts.path + (f"?{parts.query}" if parts.query else ""), body)
        answer = connection.getresponse()
        answer.read()
        return answer


def send(receiver: Receiver, wire: bytes) -> socket.socket:
    """Send bytes as they are."""
    parts = urlsplit(receiver.url("/"))
    connection = socket.create_connection((parts.hostname, parts.port), timeout=5)
    connection.sendall(wire)
    return connection


def exchange(receiver: Receiver, wire: bytes) -> bytes:
    """Send bytes as they are, and return everything that comes back."""
    with send(receiver, wire) as connection:
        return b"".join(iter(lambda: connection.recv(65536), b""))


def is_cut(connection: socket.socket) -> bool:
    """Tell whether the receiver has ended a connection; with a reset where it had not read everything yet."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def over(attempts: tuple[Attempt, ...]) -> bool:
    """Tell whether there are attempts and all are over."""
    return bool(attempts) and all(attempt.ended is not None for attempt in attempts)


def test_attempt_is_kept_as_sent(receiver: Receiver) -> None:
    """Target, headers and body are kept byte for byte: order, case, duplicates, escapes, query, slashes."""
    headers = (("hOST", "x"), ("X-Two", "b"), ("x-two", "a\xe9"), ("Under_Score", "1"), ("content-length", "4"))
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    exchange(receiver, f"PATCH //a%2Fb/../%e2?q=%20+&q HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + b"\x00\xff\r\n")

    [attempt] = receiver.attempts()
    assert (attempt.method, attempt.target) == ("PATCH", "//a%2Fb/../%e2?q=%20+&q")
    assert attempt.headers == headers
    assert attempt.body == b"\x00\xff\r\n"


def test_chunked_body_is_put_together(receiver: Receiver) -> None:
    """A body sent in chunks is kept without the chunking."""
    exchange(
        receiver,
        b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n7\r\n second\r\n0\r\n\r\n",
    )

    assert [attempt.body for attempt in receiver.attempts()] == [b"first second"]


def test_times_bracket_the_exchange(receiver: Receiver) -> None:
    """Arrival and end lie between sending and having the answer, on both clocks."""
    receiver.script("/a", [Answer(delay=0.05)])
    before, began = time.time(), time.monotonic()
    post(receiver.url("/a"))
    after = time.time()

    assert receiver.wait_for(over, within=2)
    [attempt] = receiver.attempts()
    assert before <= attempt.at <= after
    assert began <= attempt.monotonic <= (attempt.ended or 0) - 0.05


def test_headers_are_found_in_any_case(receiver: Receiver) -> None:
    """A header is found by its name in any case; a missing one is None."""
    exchange(receiver, b"POST /a HTTP/1.0\r\nX-A: 1\r\nx-a: 2\r\n\r\n")

    [attempt] = receiver.attempts()
    assert attempt.header("X-a") == "1"
    assert attempt.headers_named("x-A") == ("1", "2")
    assert attempt.header("X-B") is None


def test_answers_follow_the_script(receiver: Receiver) -> None:
    """A path answers in the order of its script, then repeats the last; the attempts say what was answered."""
    receiver.script("/a", [500, Answer(302, (("Location", "/b"), ("X-Odd", "1"), ("X-Odd", "2")), b"moved"), 204])
    answers = [post(receiver.url("/a?n")) for _ in range(4)]

    assert [answer.status for answer in answers] == [500, 302, 204, 204]
    assert answers[1].headers.get_all("X-Odd") == ["1", "2"]
    assert answers[1].headers["Location"] == "/b"
    assert [(attempt.number, attempt.status) for attempt in receiver.attempts("/a")] == [
        (1, 500),
        (2, 302),
        (3, 204),
        (4, 204),
    ]


def test_new_script_starts_anew(receiver: Receiver) -> None:
    """A new script of a path starts with its first answer, while the attempts are counted on."""
    receiver.script("/a", [500, 501])
    post(receiver.url("/a"))
    receiver.script("/a", [201, 202])

    assert [post(receiver.url("/a")).status for _ in range(2)] == [201, 202]
    assert [attempt.number for attempt in receiver.attempts("/a")] == [1, 2, 3]


def test_paths_do_not_mix(receiver: Receiver) -> None:
    """Each path has its own script and attempts, and escapes that mean the same are different paths."""
    receiver.script("/a", [201])
    receiver.script("/%61", [202])

    assert [post(receiver.url(path)).status for path in ("/a", "/%61")] == [201, 202]
    assert [attempt.target for attempt in receiver.attempts("/%61")] == ["/%61"]


def test_stranger_is_kept(receiver: Receiver) -> None:
    """A path that nobody scripted answers 404, and the attempt is kept like any other."""
    receiver.script("/a", [200])
    post(receiver.url("/a"))
    answer = post(receiver.url("/nobody"))

    assert answer.status == 404
    assert [attempt.target for attempt in receiver.attempts()] == ["/a", "/nobody"]


def test_empty_script_is_refused(receiver: Receiver) -> None:
    """A script without an answer is a mistake of the test."""
    with pytest.raises(ValueError, match="at least one answer"):
        receiver.script("/a", [])


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (Reset(), ConnectionResetError),
        (HalfAnswer(), http.client.IncompleteRead),
        (Hang(0.05), http.client.RemoteDisconnected),
        (Hang(30), TimeoutError),
        (Answer(204, delay=30), TimeoutError),
    ],
)
def test_uncivil_ends_are_no_answer(receiver: Receiver, script: Script, error: type[Exception]) -> None:
    """Reset, cut, hang-up and silence reach the other side as what they are, and leave no status."""
    receiver.script("/a", [script])

    with pytest.raises(error) as caught:
        post(receiver.url("/a"), timeout=0.1)

    assert caught.type is error
    assert receiver.wait_for(over, within=2)
    assert [attempt.status for attempt in receiver.attempts()] == [None]


def test_answer_not_taken_whole_is_no_answer(receiver: Receiver) -> None:
    """An answer that the other side stops reading half-way leaves no status."""
    receiver.script("/a", [Answer(body=b"x" * 20_000_000)])
    with send(receiver, b"POST /a HTTP/1.1\r\nHost: x\r\n\r\n") as connection:
        connection.recv(1000)

    assert receiver.wait_for(over, within=5)
    assert [attempt.status for attempt in receiver.attempts()] == [None]


def test_delayed_status_is_none_until_given(receiver: Receiver) -> None:
    """An attempt that still waits for its answer has no status."""
    receiver.script("/a", [Answer(delay=0.2)])
    with ThreadPoolExecutor() as pool:
        pool.submit(post, receiver.url("/a"))
        receiver.wait_for(len, within=2)
        waiting = receiver.attempts()

    assert (waiting[0].status, waiting[0].seconds) == (None, None)
    assert receiver.attempts()[0].status == 200


def test_instant_status_is_there_at_arrival(receiver: Receiver) -> None:
    """Who is woken by an arrival that is answered at once sees the answer's status."""
    first_look: list[Attempt] = []

    def look(attempts: tuple[Attempt, ...]) -> bool:
        first_look.extend(attempts)
        return bool(attempts)

    receiver.script("/a", [503])
    with ThreadPoolExecutor() as pool:
        pool.submit(post, receiver.url("/a"))
        receiver.wait_for(look, within=2)

    assert [attempt.status for attempt in first_look] == [503]


def test_answer_is_held_back_until_released(receiver: Receiver) -> None:
    """A request has arrived and is not over as long as its answer is held back; then it gets it."""
    answer = Held(within=5, status=201)
    receiver.script("/a", [answer])

    with ThreadPoolExecutor(1) as pool:
        posting = pool.submit(post, receiver.url("/a"))
        assert receiver.wait_for(lambda attempts: attempts, within=2)
        assert not receiver.wait_for(over, within=0.1)
        answer.release()
        assert posting.result().status == 201


def test_patience_of_the_other_side_is_measured(receiver: Receiver) -> None:
    """An attempt ends when the other side gives up, not when the script would have."""
    receiver.script("/a", [Hang(30)])
    with pytest.raises(TimeoutError):
        post(receiver.url("/a"), timeout=0.2)

    assert receiver.wait_for(over, within=2)
    assert 0.1 < (receiver.attempts()[0].seconds or 0) < 5


def test_wait_ends_with_the_arrival(receiver: Receiver) -> None:
    """A wait ends as soon as the attempt is there, and says no when the time passes."""
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(receiver.wait_for, lambda attempts: len(attempts) == 2, within=10)
        post(receiver.url("/a"))
        post(receiver.url("/b"))
        assert waiting.result(timeout=5)

    assert not receiver.wait_for(lambda attempts: len(attempts) == 3, within=0.02)


def test_attempt_is_handed_on_when_over() -> None:
    """The listener gets each attempt once, complete."""
    heard: list[Attempt] = []
    with closing(Receiver(on_attempt=heard.append).start()) as receiver:
        post(receiver.url("/a"))
        until(lambda: heard, within=2)

        assert heard == list(receiver.attempts())


def test_error_of_the_listener_is_raised_by_check() -> None:
    """What goes wrong in the server's thread is raised where it is seen, and does not disturb the answer."""

    def fail(attempt: Attempt) -> None:
        raise LookupError(attempt.path)

    with closing(Receiver(on_attempt=fail).start()) as receiver:
        answer = post(receiver.url("/nobody"))
        receiver.wait_for(over, within=2)

    assert answer.status == 404
    with pytest.raises(LookupError, match="/nobody"):
        receiver.check()


def test_error_of_a_script_is_raised_by_check() -> None:
    """A script that fails gives a 500 that no one takes for an answer: `check` raises it."""
    with closing(Receiver().start()) as receiver:
        receiver.script("/a", [Answer(headers=[("Bad", "a\nb")])])
        post(receiver.url("/a"))

    with pytest.raises(ValueError, match="newline"):
        receiver.check()


def test_many_at_once_are_all_kept(receiver: Receiver) -> None:
    """Sixty-four simultaneous requests are answered at the same time, numbered without gaps and kept apart."""
    receiver.script("/a", [Answer(delay=0.2)])
    bodies = [f'{{"id": "event-{number}"}}'.encode() for number in range(64)]
    began = time.monotonic()
    with ThreadPoolExecutor(max_workers=64) as pool:
        answers = list(pool.map(lambda body: post(receiver.url("/a"), body).status, bodies))

    assert answers == [200] * 64
    assert sorted(attempt.body for attempt in receiver.attempts()) == sorted(bodies)
    assert [attempt.number for attempt in receiver.attempts()] == list(range(1, 65))
    assert time.monotonic() - began < 64 * 0.2 / 4


@pytest.mark.parametrize(
    ("wire", "account"),
    [
        (b"POST /a HTTP/1.1\r\nContent-Length: 9\r\n\r\ncut", "POST /a: the body was cut"),
        (b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "POST /a: the body was cut"),
        (b"POST /a b HTTP/1.1\r\n\r\n", "Bad request syntax"),
    ],
)
def test_broken_request_is_no_attempt(receiver: Receiver, wire: bytes, account: str) -> None:
    """What is no whole HTTP request is no attempt, but can be read about."""
    with send(receiver, wire) as connection:
        connection.shutdown(socket.SHUT_WR)
        until(lambda: receiver.unreadable, within=2)

    assert account in receiver.unreadable[0]
    assert receiver.attempts() == ()


def test_close_interrupts_what_is_under_way() -> None:
    """Closing ends hangs and idle connections at once, stops every thread, and keeps the attempts."""
    before = threading.active_count()
    receiver = Receiver().start()
    receiver.script("/a", [Hang(30)])
    with send(receiver, b"POST /a HTTP/1.1\r\nHost: x\r\n\r\n") as hanging, send(receiver, b"POST /") as idle:
        receiver.wait_for(len, within=2)
        receiver.close()
        receiver.close()
        assert is_cut(hanging)
        assert is_cut(idle)

    assert until(lambda: threading.active_count() <= before, within=1)
    assert [attempt.status for attempt in receiver.attempts()] == [None]


@pytest.mark.parametrize(
    ("host", "advertised", "start"),
    [
        ("127.0.0.1", None, "http://127.0.0.1:"),
        ("0.0.0.0", None, "http://127.0.0.1:"),  # noqa: S104 - what containers need
        ("0.0.0.0", "host.docker.internal", "http://host.docker.internal:"),  # noqa: S104 - as above
        ("::1", None, "http://[::1]:"),
    ],
)
def test_url_is_the_advertised_one(host: str, advertised: str | None, start: str) -> None:
    """URLs name the host under which the dispatcher reaches the receiver, and leave the path as it is written."""
    with closing(Receiver(host, advertised).start()) as receiver:
        assert receiver.url("/a%20b?c").startswith(start)
        assert receiver.url("/a%20b?c").endswith("/a%20b?c")


def test_foreign_host_is_a_setup_error() -> None:
    """An address of another machine is one clear message."""
    with pytest.raises(SetupError, match=r"'192\.0\.2\.254' to be an address of this machine"):
        Receiver("192.0.2.254").start()


@pytest.mark.parametrize("body", [b"", b"{'id': 1}", b'{"id": NaN}', b"\xff", b"[" * 100_000])
def test_body_that_is_no_json_is_unmet(receiver: Receiver, body: bytes) -> None:
    """A body that is not JSON in UTF-8 is a broken promise of the platform, with the body's beginning."""
    post(receiver.url("/a"), body)

    [attempt] = receiver.attempts()
    assert attempt.event_id is None
    with pytest.raises(UnmetError, match=f"POST /a with {len(body)} bytes b['\"]"):
        _ = attempt.json


@pytest.mark.parametrize(
    ("body", "event_id"), [(BODY, "event-1"), (b'{"id": 1}', None), (b'"event-1"', None), (b"{}", None)]
)
def test_event_id_is_the_bodys(receiver: Receiver, body: bytes, event_id: str | None) -> None:
    """The event's id is read from a JSON object's `id` when it is a text, and is None otherwise."""
    post(receiver.url("/a"), body)

    assert receiver.attempts()[0].event_id == event_id
