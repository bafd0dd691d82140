"""The guard: which addresses may be reached, however they are written."""

import socket
from collections.abc import Callable
from ipaddress import ip_address

import httpcore
import pytest

from reference_dispatcher.guard import Guard, GuardedNetwork, kind
from reference_dispatcher.values import RefusedError

Resolve = Callable[..., object]


@pytest.mark.parametrize(
    ("address", "leads_to"),
    [
        ("8.8.8.8", None),
        ("2606:4700:4700::1111", None),
        ("::ffff:8.8.8.8", None),
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("::1", "loopback"),
        ("10.0.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.168.1.1", "private"),
        ("100.64.0.1", "private"),
        ("fd12:3456::1", "private"),
        ("240.0.0.1", "private"),
        ("169.254.1.1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("169.254.169.254", "metadata"),
        ("fd00:ec2::254", "metadata"),
        ("100.100.100.200", "metadata"),
        ("2002:808:808::", None),
        ("64:ff9b::808:808", None),
        ("0.0.0.0", "unroutable"),  # noqa: S104 - never bound: it is to be refused
        ("::", "unroutable"),
        ("224.0.0.1", "unroutable"),
        ("ff02::1", "unroutable"),
    ],
)
def test_addresses_are_told_apart(address: str, leads_to: str | None) -> None:
    """Every kind of address that leads inside has a name, and a public one has none."""
    assert kind(ip_address(address)) == leads_to


@pytest.mark.parametrize("address", ["::ffff:127.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1"])
def test_wrapped_loopback_is_loopback(address: str) -> None:
    """An IPv4 address inside an IPv6 one is judged as what it is: mapped, 6to4 and NAT64."""
    assert kind(ip_address(address)) == "loopback"


@pytest.mark.anyio
@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "017700000001", "localhost", "::1"])
async def test_no_spelling_of_loopback_passes(host: str) -> None:
    """What counts is where a host leads, not how it is written."""
    with pytest.raises(RefusedError, match="loopback"):
        await Guard(allow_private=False).addresses(host, 80)


@pytest.mark.anyio
async def test_one_bad_address_refuses_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name with a public and a private address is refused: the connection could go to either."""
    monkeypatch.setattr(socket, "getaddrinfo", _resolver("8.8.8.8", "10.0.0.1"))

    with pytest.raises(RefusedError, match="private") as refusal:
        await Guard(allow_private=False).addresses("two-faced.example", 80)

    assert "10.0.0.1" not in str(refusal.value)


@pytest.mark.anyio
async def test_private_addresses_can_be_allowed() -> None:
    """Where receivers live beside the dispatcher, loopback and private addresses are reached."""
    assert await Guard(allow_private=True).addresses("127.0.0.1", 80) == ["127.0.0.1"]
    assert await Guard(allow_private=True).addresses("10.1.2.3", 80) == ["10.1.2.3"]


@pytest.mark.anyio
@pytest.mark.parametrize("host", ["169.254.169.254", "169.254.7.7", "fd00:ec2::254", "0.0.0.0"])  # noqa: S104 - refused
async def test_metadata_stays_refused(host: str) -> None:
    """Nothing that is allowed opens the way to link-local addresses and the credentials of a cloud."""
    with pytest.raises(RefusedError):
        await Guard(allow_private=True).addresses(host, 80)


@pytest.mark.anyio
async def test_connection_goes_to_the_checked_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is resolved once, so it cannot lead elsewhere between the check and the connection."""
    answers = iter(["127.0.0.1", "10.9.9.9"])
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: _resolver(next(answers))())
    with socket.create_server(("127.0.0.1", 0)) as server:
        stream = await GuardedNetwork(Guard(allow_private=True)).connect_tcp(
            "rebinding.example", server.getsockname()[1]
        )

        assert stream.get_extra_info("server_addr")[0] == "127.0.0.1"
        await stream.aclose()


@pytest.mark.anyio
async def test_next_address_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host of which one address does not accept is reached by another one."""
    monkeypatch.setattr(socket, "getaddrinfo", _resolver("127.0.0.2", "127.0.0.1"))
    with socket.create_server(("127.0.0.1", 0)) as server:
        stream = await GuardedNetwork(Guard(allow_private=True)).connect_tcp("two.example", server.getsockname()[1])

        assert stream.get_extra_info("server_addr")[0] == "127.0.0.1"
        await stream.aclose()


@pytest.mark.anyio
async def test_refused_connection_is_an_error(unused_port: int) -> None:
    """When no address accepts, the last refusal is what is reported."""
    with pytest.raises(httpcore.ConnectError):
        await GuardedNetwork(Guard(allow_private=True)).connect_tcp("127.0.0.1", unused_port)


def _resolver(*addresses: str) -> Resolve:
    """Return a `getaddrinfo` that knows one host."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in addresses]
    return lambda *_: found
