"""The guard against forged requests: users name the hosts, so we decide which addresses may be reached.

A name is resolved once, every address it has is checked, and the connection goes to a checked address: a second
look-up, in which the name could point elsewhere, does not exist.
"""

import asyncio
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpcore

from reference_dispatcher.values import RefusedError

Address = IPv4Address | IPv6Address

METADATA = frozenset(map(ip_address, ("169.254.169.254", "fd00:ec2::254", "100.100.100.200")))
"""Where clouds hand out credentials: refused even where private addresses are allowed."""

NAT64 = IPv6Network("64:ff9b::/96")


def kind(address: Address) -> str | None:
    """Name what kind of inside an address leads to; None for an address of the public internet."""
    for inner in _meant(address):
        if inner in METADATA:
            return "metadata"
        if inner.is_link_local:
            return "link-local"
        if inner.is_multicast or inner.is_unspecified:
            return "unroutable"
        if inner.is_loopback:
            return "loopback"
        if not inner.is_global:
            return "private"
    return None


def _meant(address: Address) -> tuple[Address, ...]:
    """Return what an address means: the IPv4 address that it stands for, or itself with those that it carries."""
    if isinstance(address, IPv4Address):
        return (address,)
    nat64 = IPv4Address(address.packed[-4:]) if address in NAT64 else None
    # One that stands for an IPv4 address is that: Python's own opinion on the IPv6 form differs between versions.
    if stands_for := address.ipv4_mapped or address.sixtofour or nat64:
        return (stands_for,)
    return (*(address.teredo or ()), address)


class Guard:
    """Decides to which addresses of a host a connection may be made.

    Args:
        allow_private: Also allow loopback and private addresses; metadata and link-local ones stay refused.
    """

    def __init__(self, *, allow_private: bool) -> None:
        self._allowed = {None, "loopback", "private"} if allow_private else {None}
        # Threads of its own: names whose look-up hangs must not hold up other work, nor many of them each other.
        self._threads = ThreadPoolExecutor(max_workers=32, thread_name_prefix="resolver")

    async def addresses(self, host: str, port: int) -> list[str]:
        """Return the addresses of the host, all of them checked.

        Raises:
            RefusedError: One of them leads inside. Which one is not said, since that would map the inside for users.
            socket.gaierror: The host has none.
        """
        found = await self.resolve(host, port)
        for refused in {self.refused(ip_address(address)) for address in found} - {None}:
            raise RefusedError(f"the host leads to a {refused} address, where nothing is sent")
        return found

    def refused(self, address: Address) -> str | None:
        """Name what kind of inside an address leads to; None if it may be called."""
        found = kind(address)
        return None if found in self._allowed else found

    async def resolve(self, host: str, port: int) -> list[str]:
        """Return every address of the host, as the system knows them."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, socket.getaddrinfo, host, port, 0, socket.SOCK_STREAM)
        return list(dict.fromkeys(str(address[4][0]) for address in found))


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Opens the connections of the HTTP client, each to an address that the guard has checked."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature of httpcore
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of the host that accepts."""
        failure: Exception = httpcore.ConnectError("the host has no address")
        for address in await self._guard.addresses(host, port):
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except httpcore.ConnectError as error:
                failure = error
        raise failure
