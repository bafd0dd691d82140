"""A port that never takes a connection: whoever calls it hears nothing at all, not even a refusal."""

import select
import socket
from typing import Self

from harness.errors import Inconclusive
from harness.processes.ports import require_address, require_free_port
from harness.receiver.receiver import LOOPBACK_OF

MOST_CALLERS = 16
"""Connections that a queue for one may hold: Linux takes one or two."""

HEARD_WITHIN = 0.2
"""Seconds in which a connection on one machine is made, if it is made at all."""


class SilentPort:
    """Listens, and never accepts: its queue is full of our own callers, so the system answers no further one.

    Args:
        host: Address to listen on.
        advertised_host: What URLs call this host; `host` by default.
        port: Port to listen on; 0 takes a free one.
    """

    def __init__(self, host: str = "127.0.0.1", advertised_host: str | None = None, *, port: int = 0) -> None:
        self._host = host
        self._port = port
        self._advertised = advertised_host or LOOPBACK_OF.get(host, host)
        self._sockets: list[socket.socket] = []

    def start(self) -> Self:
        """Listen, and fill the queue.

        Raises:
            SetupError: The host is no address of this machine, or the port is taken.
            Inconclusive: This system goes on to take connections that nobody accepts.
        """
        require_address(self._host)
        if self._port:
            require_free_port(self._port, self._host, "receiver", "[receiver] port")
        self._port = self._listen()
        if any(not self._is_heard() for _ in range(MOST_CALLERS)):
            return self
        self.close()
        raise Inconclusive(
            "a port that takes no connection.",
            f"the system took {MOST_CALLERS} into a queue for one.",
            "judge on a machine with Linux, or waive RET-10.",
        )

    def close(self) -> None:
        """Stop listening, and hang up."""
        for each in self._sockets:
            each.close()

    def url(self, path: str = "/") -> str:
        """Return the URL of a path."""
        host = f"[{self._advertised}]" if ":" in self._advertised else self._advertised
        return f"http://{host}:{self._port}{path}"

    def _listen(self) -> int:
        listener = self._keep(socket.socket(self._family, socket.SOCK_STREAM))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self._host, self._port))
        listener.listen(0)
        return int(listener.getsockname()[1])

    def _is_heard(self) -> bool:
        """Call once more, stay on the line, and tell whether the connection came about."""
        caller = self._keep(socket.socket(self._family, socket.SOCK_STREAM))
        caller.setblocking(False)
        caller.connect_ex((LOOPBACK_OF.get(self._host, self._host), self._port))
        return bool(select.select([], [caller], [], HEARD_WITHIN)[1])

    @property
    def _family(self) -> socket.AddressFamily:
        return socket.AF_INET6 if ":" in self._host else socket.AF_INET

    def _keep(self, each: socket.socket) -> socket.socket:
        self._sockets.append(each)
        return each
