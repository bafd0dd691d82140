"""A tripwire: a port on every address of this machine, which notes who connects, whatever comes after that."""

import contextlib
import ipaddress
import socket
import socketserver
import threading
from collections.abc import Callable
from typing import Any, Self

from harness.processes.ports import EVERYWHERE

PATIENCE = 1.0
"""Seconds that whoever connects may take to say what it wants."""

POLL = 0.05
"""Seconds within which it notices that it is to stop."""

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Tripwire:
    """Takes connections from this machine's own programs, says 200 to each, and keeps what they began with."""

    def __init__(self) -> None:
        self._server = _Server(self._note)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(POLL,), daemon=True)
        self._changed = threading.Condition()
        self._connections: list[str] = []

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def start(self) -> Self:
        self._thread.start()
        return self

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def connections(self) -> tuple[str, ...]:
        """The first line of each connection so far; empty where nothing was said."""
        with self._changed:
            return tuple(self._connections)

    def wait_for(self, line: str, *, within: float) -> bool:
        """Wait until somebody has connected and begun with a line that contains `line`."""
        with self._changed:
            return bool(self._changed.wait_for(lambda: any(line in each for each in self._connections), within))

    def _note(self, line: str, place: int | None = None) -> int:
        with self._changed:
            if place is None:
                place = len(self._connections)
                self._connections.append(line)
            self._connections[place] = line
            self._changed.notify_all()
            return place


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, note: Callable[..., int]) -> None:
        self.note = note
        self.address_family = socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET
        super().__init__(("" if socket.has_dualstack_ipv6() else EVERYWHERE, 0), _Visit)

    def server_bind(self) -> None:
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Leave out strangers, who may come by the network: this machine does not have their addresses."""
        return _is_own(request.family, client_address)


class _Visit(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        """Note the connection at once, then how it begins, and answer."""
        assert isinstance(self.server, _Server)  # noqa: S101 - it makes this handler
        place = self.server.note("")
        self.request.settimeout(PATIENCE)
        with contextlib.suppress(OSError):
            said = self.request.recv(65536)
            self.server.note(said.partition(b"\r\n")[0].decode(errors="replace"), place)
            self.request.sendall(ANSWER)


def _is_own(family: int, address: Any) -> bool:
    """Tell whether this machine has an address: it could listen there."""
    with socket.socket(family, socket.SOCK_STREAM) as trying, contextlib.suppress(OSError):
        trying.bind((address[0], 0, *address[2:]))
        return True
    return False


def own_addresses() -> list[str]:
    """Return private addresses of this machine: those from which it would call others; nothing is sent for that."""
    found = (_source(*each) for each in _TOWARDS)
    return sorted({address for address in found if address and _is_private(address)})


_TOWARDS = (
    *((socket.AF_INET, host) for host in ("10.255.255.254", "172.17.255.254", "192.168.255.254", "192.0.2.1")),
    *((socket.AF_INET6, host) for host in ("fd00::1", "2001:db8::1")),
)
_PRIVATE = [ipaddress.ip_network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")]


def _source(family: socket.AddressFamily, towards: str) -> str | None:
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as asking:
        asking.connect((towards, 9))
        return str(asking.getsockname()[0])
    return None


def _is_private(host: str) -> bool:
    address = ipaddress.ip_address(host.partition("%")[0])
    return any(address in network for network in _PRIVATE if network.version == address.version)
