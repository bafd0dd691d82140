"""The tripwire notes every connection, whether a request follows or not, and only of this machine."""

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from harness.receiver.tripwire import Tripwire, own_addresses
from harness.waiters import until


@pytest.fixture
def tripwire() -> Iterator[Tripwire]:
    """One that listens."""
    with closing(Tripwire()) as tripwire:
        yield tripwire.start()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "0.0.0.0", *own_addresses()])  # noqa: S104 - it is called
def test_request_is_noted_by_its_first_line(tripwire: Tripwire, host: str) -> None:
    """Whatever own address is called, the request is noted and answered."""
    with socket.create_connection((host, tripwire.port), timeout=5) as caller:
        caller.sendall(b"POST /inside HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = caller.recv(100)

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert tripwire.wait_for("/inside", within=1)


def test_connection_without_a_word_is_noted_at_once(tripwire: Tripwire) -> None:
    """Whoever only connects is noted while it is still silent."""
    with socket.create_connection(("127.0.0.1", tripwire.port), timeout=5):
        assert until(lambda: tripwire.connections, within=0.9) == ("",)


def test_own_addresses_are_private() -> None:
    """Neither loopback nor an address that others could be at is among the own private ones."""
    assert [each for each in own_addresses() if each.startswith(("127.", "192.0.2.", "::1"))] == []
