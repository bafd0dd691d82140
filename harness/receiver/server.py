"""The HTTP server below the receiver.

It is pytest-httpserver, and adds the request as it was on the wire and ends of a connection that are not civil.
"""

import os
import selectors
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pytest_httpserver.httpserver import HTTPServerBase
from werkzeug import Request, Response
from werkzeug.exceptions import ClientDisconnected
from werkzeug.serving import WSGIRequestHandler

from harness.receiver.answers import HangUpError, ResetError, StreamError

EXCHANGE = "receiver.exchange"
"""Where the WSGI environment has the exchange that a request belongs to."""

POLL = 0.05
"""Seconds within which the server notices that it is to stop."""

TO_CLOSE = 2.0
"""Seconds that exchanges under way get to notice that they are over."""

ABORT = struct.pack("ii", 1, 0)
"""SO_LINGER on, for no time: closing the socket sends RST."""


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One request and its answer, from the server's side.

    Attributes:
        target: Path and query as sent: neither decoded nor tidied up.
        headers: As sent, in their order.
        at: When the head had arrived, in seconds since the epoch.
        monotonic: The same moment on the monotonic clock.
        on_end: Called when all is over; told whether the answer, if there was one, went out.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    at: float
    monotonic: float
    connection: socket.socket
    on_end: Callable[[bool], None] = field(default=lambda _: None)

    def pause(self, seconds: float) -> None:
        """Let time pass before the answer.

        Raises:
            HangUpError: The other side hung up meanwhile, or the receiver closes.
        """
        with selectors.DefaultSelector() as selector:
            selector.register(self.connection, selectors.EVENT_READ)
            if seconds and selector.select(seconds):  # the request is read, so only the end can be there to read
                raise HangUpError

    def write(self, wire: Iterable[bytes | float]) -> None:
        """Send bytes as they are, with pauses of so many seconds, until the end or until the other side hangs up."""
        with suppress(OSError):
            for piece in wire:
                if isinstance(piece, bytes):
                    self.connection.sendall(piece)
                else:
                    self.pause(piece)


class ReceiverServer(HTTPServerBase):
    """Hands every exchange to one function, and keeps what goes wrong in there for `check`.

    Attributes:
        unreadable: What arrived and was no whole HTTP request, as text.
    """

    def __init__(self, host: str, respond: Callable[[Exchange, bytes], Response], *, port: int = 0) -> None:
        super().__init__(host, port=port, threaded=True)
        self.unreadable: list[str] = []
        self._respond = respond
        self._changed = threading.Condition()
        self._connections: set[socket.socket] = set()

    def thread_target(self) -> None:
        assert self.server is not None  # noqa: S101 - the base class starts this thread after it made the server
        self.server.RequestHandlerClass = partial(_Handler, owner=self)
        self.server.serve_forever(poll_interval=POLL)

    def application(self, request: Request) -> Response:
        """Leave out the base's log, which would hold every request and socket for ever."""
        return self.dispatch(request)

    def dispatch(self, request: Request) -> Response:
        exchange = request.environ[EXCHANGE]
        try:
            return self._respond(exchange, self._body(exchange, request))
        except HangUpError:
            raise
        except Exception as error:
            self.handler_errors.append(error)
            raise

    def _body(self, exchange: Exchange, request: Request) -> bytes:
        try:
            return request.get_data(cache=False)
        except (ClientDisconnected, OSError) as error:
            self.unreadable.append(f"{exchange.method} {exchange.target}: the body was cut ({error}).")
            raise HangUpError from None

    def opened(self, connection: socket.socket) -> None:
        """Note a connection whose exchange begins."""
        with self._changed:
            self._connections.add(connection)
            if not self.is_running():
                _shut(connection)

    def closed(self, connection: socket.socket) -> None:
        """Note that a connection's exchange is over."""
        with self._changed:
            self._connections.discard(connection)
            self._changed.notify_all()

    def stop(self) -> None:
        """Stop listening, end every exchange under way and wait until all are over."""
        super().stop()
        with self._changed:
            for connection in self._connections:
                _shut(connection)
            self._changed.wait_for(lambda: not self._connections, TO_CLOSE)


class _Handler(WSGIRequestHandler):
    """Adds to werkzeug's view of a request what that leaves out, and can end a connection rudely."""

    protocol_version = "HTTP/1.1"

    def __init__(self, *args: Any, owner: ReceiverServer) -> None:
        self._owner = owner
        super().__init__(*args)

    def setup(self) -> None:
        super().setup()
        self._owner.opened(self.connection)

    def finish(self) -> None:
        self._owner.closed(self.connection)
        super().finish()

    def make_environ(self) -> dict[str, Any]:
        self._exchange = Exchange(
            method=self.command,
            target=self.requestline.split()[1],  # self.path is tidied up: no slash before a slash
            headers=tuple(self.headers.raw_items()),
            at=time.time(),
            monotonic=time.monotonic(),
            connection=self.connection,
        )
        return super().make_environ() | {EXCHANGE: self._exchange}

    def run_wsgi(self) -> None:
        self._failed = False
        super().run_wsgi()
        self._exchange.on_end(not self._failed)

    def connection_dropped(self, error: BaseException, environ: dict[str, Any] | None = None) -> None:
        """Take note that no whole answer went out, be it the other side's doing or a script's."""
        del environ
        self._failed = True
        self.close_connection = True
        if isinstance(error, StreamError):
            self._exchange.write(error.wire)
        elif isinstance(error, ResetError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
            os.close(self.connection.detach())  # at once: the usual way out would say FIN first

    def log_error(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        self._owner.unreadable.append(f"{self.raw_requestline[:100]!r}: {format % args}")

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """Say nothing: what arrives is kept, not printed."""


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # gone already
        return
