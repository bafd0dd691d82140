"""The Docker engine: whether one answers, where its containers are found, and how they find this machine.

Which engine is asked is up to Testcontainers and docker-py (DOCKER_HOST, the current context, the usual socket); its
own reaper, Ryuk, is never used: it is one more image to fetch, and wants to be privileged. Ours does its work.
"""

import socket
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any, cast
from urllib.parse import urlsplit

import docker
from docker.errors import NotFound
from docker.transport import unixconn
from testcontainers.core.config import testcontainers_config
from testcontainers.core.docker_client import DockerClient, get_docker_host
from testcontainers.core.utils import inside_container

from harness.containers.trouble import TROUBLE, bounded, why
from harness.errors import SetupError
from harness.processes.ports import EVERYWHERE, LOOPBACK, refusal

testcontainers_config.ryuk_disabled = True


class _TidyConnection(unixconn.UnixHTTPConnection):
    """A connection that closes its socket when nobody listens; docker-py's leaves it to the collector, which warns."""

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        try:
            self.sock.connect(self.unix_socket)
        except OSError:
            self.close()
            raise


cast("Any", unixconn).UnixHTTPConnection = _TidyConnection  # where docker-py's pool looks it up

TO_ANSWER = 3.0
"""Seconds that an engine has to answer; more than it needs over a slow line."""

TO_ACT = 20
"""Seconds that an engine has for one request, such as to start a container."""

USUAL_SOCKET = "unix:///var/run/docker.sock"
NAME_OF_HOST = "host.docker.internal"
"""Name by which a container calls the machine that its engine runs on; `extra_hosts` gives it one."""

OUTSIDE = "198.51.100.1"
"""An address that nobody has (RFC 5737): the way to it is the way out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an engine is, seen from this machine, and the way back.

    Attributes:
        host: Host on which published ports are found.
        bind: Address on which ports are to be published.
        listen: Address of this machine on which its services must listen to be reached from a container.
        name: Host name under which a container reaches this machine.
    """

    host: str = LOOPBACK
    bind: str = LOOPBACK
    listen: str = LOOPBACK
    name: str = NAME_OF_HOST


@dataclass(frozen=True, slots=True, kw_only=True)
class Docker:
    """An engine that answered.

    Attributes:
        client: What docker-py has for it.
        place: Where it is.
        version: Its version.
    """

    client: docker.DockerClient
    place: Place
    version: str


def connect(within: float = TO_ANSWER) -> Docker:
    """Return the engine that the environment names, if it answers.

    Raises:
        SetupError: None answers; the text names the cause.
    """
    try:
        return bounded(lambda: _connect(within), within=within)
    except (*TROUBLE, ValueError) as error:  # a ValueError is an address that is none
        raise SetupError(
            f"a Docker engine that answers within {within:g} s.",
            f"{address()}: {why(error)}.",
            "start Docker, let this user use it (group docker), or set DOCKER_HOST to another one; "
            "without Docker: ENGINE=embedded DATABASE=local.",
        ) from None


def address() -> str:
    """Return the address of the engine that the environment names."""
    return get_docker_host() or USUAL_SOCKET


def _connect(within: float) -> Docker:
    found = DockerClient(timeout=within)
    info = found.client.info()
    found.client.api.timeout = TO_ACT
    return Docker(client=found.client, place=_place(found, info), version=info["ServerVersion"])


def _place(found: DockerClient, info: Mapping[str, Any]) -> Place:
    by_socket = urlsplit(address()).scheme in ("unix", "npipe")
    host = found.host()
    if not by_socket and not _is_ours(host):
        return Place(host=host, bind=EVERYWHERE, listen=EVERYWHERE, name=_own_address(towards=host))
    gateway = _gateway(found.client)
    if "Docker Desktop" not in info["OperatingSystem"] and gateway and _is_ours(gateway):
        return Place(listen=gateway)
    if any("rootless" in option for option in info["SecurityOptions"]):
        return Place(listen=EVERYWHERE, name=_own_address(towards=OUTSIDE))
    if by_socket and inside_container():  # its socket was handed into this container: it starts siblings of ours
        return Place(host=host, bind=EVERYWHERE, listen=EVERYWHERE, name=_own_address(towards=host))
    return Place()  # in a virtual machine that hands connections on, as Docker Desktop does


def _gateway(client: docker.DockerClient) -> str | None:
    """Return the address that the machine of an engine has on the default bridge: what `host-gateway` stands for."""
    try:
        bridge: dict[str, Any] = client.networks.get("bridge").attrs
    except NotFound:
        return None
    ranges = [each for each in bridge["IPAM"]["Config"] or () if ":" not in each["Subnet"]]
    # an engine that has made its bridge itself tells no gateway: it took the first address
    return next((each.get("Gateway") or str(ip_network(each["Subnet"])[1]) for each in ranges), None)


def _is_ours(host: str) -> bool:
    return refusal(0, host) is None


def _own_address(*, towards: str) -> str:
    """Return this machine's address on the way to another; to "connect" over UDP sends nothing."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        probe.connect((towards, 9))
        return str(probe.getsockname()[0])
