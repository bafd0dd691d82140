"""The receiver of webhooks: does to a request what the script of its path says, and keeps every attempt whole."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

from werkzeug import Response

from harness.processes.ports import require_address, require_free_port
from harness.receiver.answers import Answer, Script
from harness.receiver.attempts import Attempt
from harness.receiver.server import Exchange, ReceiverServer

LOOPBACK_OF = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what to advertise when listening on all addresses
STRANGER = Answer(404, body=b"no webhook has this path")


@dataclass(slots=True)
class _Path:
    """The script of a path and what arrived there."""

    script: Sequence[Script] = ()
    scripted_at: int = 0
    arrived: int = 0

    def next(self) -> Script:
        """Return what is due to the request that has just arrived; the last answer repeats."""
        place = self.arrived - self.scripted_at
        return self.script[min(place, len(self.script)) - 1] if self.script else STRANGER


class Receiver:
    """An HTTP server whose paths are endpoints of webhooks.

    Args:
        host: Address to listen on.
        advertised_host: What URLs call this host; `host` by default.
        port: Port to listen on; 0 takes a free one.
        on_attempt: Told, in the server's thread, of each attempt that is over.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        advertised_host: str | None = None,
        *,
        port: int = 0,
        on_attempt: Callable[[Attempt], None] = lambda _: None,
    ) -> None:
        self._host = host
        self._port = port
        self._advertised = advertised_host or LOOPBACK_OF.get(host, host)
        self._on_attempt = on_attempt
        self._changed = threading.Condition()
        self._paths: dict[str, _Path] = {}
        self._attempts: list[Attempt] = []
        self._server = ReceiverServer(host, self._respond, port=port)

    def start(self) -> Self:
        """Listen.

        Raises:
            SetupError: The host is no address of this machine, or the port is taken.
        """
        require_address(self._host)
        if self._port:
            require_free_port(self._port, self._host, "receiver", "[receiver] port")
        self._server.start()
        return self

    def close(self) -> None:
        """Stop listening and end what is under way; attempts can still be read."""
        if self._server.is_running():
            self._server.stop()

    def check(self) -> None:
        """Raise what went wrong in the receiver's own code or in `on_attempt`, if anything did."""
        self._server.check()

    def url(self, path: str) -> str:
        """Return the URL under which the dispatcher reaches a path, query included, left as it is written."""
        return f"http://{self._server.format_host(self._advertised)}:{self._server.port}{path}"

    def script(self, path: str, answers: Sequence[Script | int]) -> None:
        """Say what the next requests to a path get, in their order; the last answer repeats.

        Args:
            path: As it will be sent, without decoding; a query is left aside.
            answers: A number is a plain answer with that status.
        """
        if not answers:
            message = f"a script of {path} needs at least one answer"
            raise ValueError(message)
        script = [Answer(answer) if isinstance(answer, int) else answer for answer in answers]
        with self._changed:
            known = self._path(path)
            known.script, known.scripted_at = script, known.arrived

    def attempts(self, path: str | None = None) -> tuple[Attempt, ...]:
        """Return every attempt so far in the order of arrival, or those at a path."""
        with self._changed:
            if path is None:
                return tuple(self._attempts)
            return tuple(attempt for attempt in self._attempts if attempt.path == path.partition("?")[0])

    @property
    def unreadable(self) -> tuple[str, ...]:
        """What arrived and was no whole HTTP request, such as one whose sender was killed; a line each."""
        return tuple(self._server.unreadable)

    def wait_for(self, accept: Callable[[tuple[Attempt, ...]], object], *, within: float) -> bool:
        """Wait until `accept` says yes to the attempts so far; it is asked at each arrival and each end.

        Args:
            accept: Looks at the attempts; must be quick, as nothing arrives meanwhile.
            within: Seconds to wait at most.
        """
        with self._changed:
            return bool(self._changed.wait_for(lambda: accept(self.attempts()), within))

    def _path(self, path: str) -> _Path:
        return self._paths.setdefault(path.partition("?")[0], _Path())

    def _respond(self, exchange: Exchange, body: bytes) -> Response:
        place, script = self._arrived(exchange, body)
        exchange.on_end = partial(self._ended, place)
        if script.delay:
            exchange.pause(script.delay)
            self._change(place, status=script.status)
        return script.respond()

    def _arrived(self, exchange: Exchange, body: bytes) -> tuple[int, Script]:
        with self._changed:
            path = self._path(exchange.target)
            path.arrived += 1
            script = path.next()
            attempt = Attempt(
                number=path.arrived,
                at=exchange.at,
                monotonic=exchange.monotonic,
                method=exchange.method,
                target=exchange.target,
                headers=exchange.headers,
                body=body,
                status=None if script.delay else script.status,
            )
            self._attempts.append(attempt)
            self._changed.notify_all()
            return len(self._attempts) - 1, script

    def _ended(self, place: int, sent: bool) -> None:
        fate = {} if sent else {"status": None}
        attempt = self._change(place, ended=time.monotonic(), **fate)
        try:
            self._on_attempt(attempt)
        except Exception as error:  # noqa: BLE001 - whatever it is, `check` raises it where it is seen
            self._server.handler_errors.append(error)

    def _change(self, place: int, **changes: Any) -> Attempt:
        with self._changed:
            attempt = self._attempts[place] = replace(self._attempts[place], **changes)
            self._changed.notify_all()
            return attempt
