"""What an endpoint can do to a request: answer it, well or badly, or not at all."""

import math
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import NoReturn, Protocol

from werkzeug import Response


class HangUpError(ConnectionError):
    """The receiver ends the connection without an answer, as if its machine had lost interest."""


class ResetError(HangUpError):
    """The receiver ends the connection with RST, as if its machine had crashed."""


class StreamError(HangUpError):
    """The receiver writes bytes as they are, with pauses between, and then ends the connection.

    Attributes:
        wire: Bytes to send, and pauses in seconds.
    """

    def __init__(self, wire: Iterable[bytes | float]) -> None:
        super().__init__()
        self.wire = wire


class Script(Protocol):
    """One thing that an endpoint does when a request has arrived whole."""

    @property
    def delay(self) -> float:
        """Seconds before anything happens."""

    @property
    def status(self) -> int | None:
        """The code of the answer; None if the other side gets no whole answer."""

    def respond(self) -> Response:
        """Return the answer, or raise HangUpError to give none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAnswer:
    """What the answers without a whole answer have in common."""

    delay: float = 0.0

    @property
    def status(self) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, `delay` seconds after the request."""

    status: int = 200
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b"ok"
    delay: float = 0.0

    def respond(self) -> Response:
        return Response(self.body, self.status, list(self.headers))


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryAt:
    """A refusal that asks by date for `seconds` from now, and up to one more, as dates have whole seconds."""

    status: int
    seconds: int
    delay: float = 0.0

    def respond(self) -> Response:
        date = formatdate(math.ceil(time.time()) + self.seconds, usegmt=True)
        return Response("later", self.status, {"Retry-After": date})


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """The same answer to several requests at the same moment: when all of them are there, or the first has waited.

    Attributes:
        requests: How many there will be.
        within: Seconds that the first one waits at most.
    """

    requests: int
    within: float
    status: int = 500
    delay: float = 0.0
    _gate: threading.Barrier = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_gate", threading.Barrier(self.requests))

    @property
    def missed(self) -> bool:
        """Whether the first request had to go before the last one came."""
        return self._gate.broken

    def respond(self) -> Response:
        with suppress(threading.BrokenBarrierError):
            self._gate.wait(self.within)
        return Response("all at once", self.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An answer that is held back until it is released, and goes after a time in any case.

    Attributes:
        within: Seconds that it is held back at most.
    """

    within: float
    status: int = 200
    delay: float = 0.0
    _released: threading.Event = field(default_factory=threading.Event, init=False, repr=False, compare=False)

    def release(self) -> None:
        """Let the answer go."""
        self._released.set()

    def respond(self) -> Response:
        self._released.wait(self.within)
        return Response("at last", self.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfAnswer(NoAnswer):
    """Headers of a 200 that declare more than the body that follows; then the connection ends."""

    def respond(self) -> Response:
        return Response([b"half"], headers={"Content-Length": "1000"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset(NoAnswer):
    """No answer: the connection is reset (RST)."""

    def respond(self) -> NoReturn:
        raise ResetError


@dataclass(frozen=True, slots=True)
class Hang:
    """Silence for some seconds, then the connection ends without an answer."""

    delay: float

    @property
    def status(self) -> None:
        return None

    def respond(self) -> NoReturn:
        raise HangUpError
