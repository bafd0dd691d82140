"""The TLS fronts: who verifies is told nothing by a bad certificate, and who does not is caught."""

import http.client
import ssl
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from harness.receiver.receiver import Receiver
from harness.receiver.tls import TRUSTED, Authority, TlsFront

HOST = "127.0.0.1"
BAD = ("an expired one", "another host's", "an unknown authority's", "self-signed")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """An authority of this test."""
    authority = Authority(tmp_path)
    authority.create()
    return authority


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """What is behind the fronts."""
    with closing(Receiver()) as receiver:
        receiver.start().script("/hook", [202])
        yield receiver


def front(authority: Authority, receiver: Receiver, name: str) -> TlsFront:
    """Return a front with one of the certificates."""
    port = int(urlsplit(receiver.url("/")).port or 0)
    return TlsFront(authority.contexts(HOST)[name], listen=HOST, host=HOST, behind=(HOST, port)).start()


def post(front: TlsFront, context: ssl.SSLContext) -> int:
    """Post to a front, and return the status."""
    place = urlsplit(front.url("/hook"))
    with closing(http.client.HTTPSConnection(HOST, int(place.port or 0), context=context, timeout=5)) as connection:
        connection.request("POST", place.path, b"{}")
        return connection.getresponse().status


def test_good_certificate_is_delivered_to(authority: Authority, receiver: Receiver) -> None:
    """Who trusts the authority gets the receiver's answer, and the receiver the request."""
    trusting = ssl.create_default_context(cafile=authority.environment["SSL_CERT_FILE"])

    with closing(front(authority, receiver, TRUSTED)) as good:
        status = post(good, trusting)

    assert (status, good.handshakes, good.refusals) == (202, 1, [])
    assert [attempt.body for attempt in receiver.attempts("/hook")] == [b"{}"]


@pytest.mark.parametrize("name", BAD)
def test_bad_certificate_is_refused_by_who_verifies(authority: Authority, receiver: Receiver, name: str) -> None:
    """Each bad certificate is refused for its own fault alone, and nothing of the request is received."""
    trusting = ssl.create_default_context(cafile=authority.environment["SSL_CERT_FILE"])

    with closing(front(authority, receiver, name)) as bad, pytest.raises(ssl.SSLCertVerificationError):
        post(bad, trusting)

    assert (bad.received, receiver.attempts()) == (0, ())


@pytest.mark.parametrize("name", BAD)
def test_who_does_not_verify_is_caught(authority: Authority, receiver: Receiver, name: str) -> None:
    """Who takes every certificate tells the front the request."""
    careless = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    careless.check_hostname, careless.verify_mode = False, ssl.CERT_NONE

    with closing(front(authority, receiver, name)) as bad:
        post(bad, careless)

    assert bad.received > 0


def test_authority_is_shared(authority: Authority, tmp_path: Path) -> None:
    """Another session that takes over the stack takes over the authority that its dispatcher trusts."""
    (folder := tmp_path / "other").mkdir()
    other = Authority(folder)

    other.copy(authority)

    files = [Path(each.environment["SSL_CERT_FILE"]).read_bytes() for each in (authority, other)]
    assert files[0] == files[1]
