"""What an endpoint can do to a request: answer it, well or badly, or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn, Protocol

from werkzeug import Response


class HangUpError(ConnectionError):
    """The receiver ends the connection without an answer, as if its machine had lost interest."""


class ResetError(HangUpError):
    """The receiver ends the connection with RST, as if its machine had crashed."""


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
class _NoAnswer:
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
class HalfAnswer(_NoAnswer):
    """Headers of a 200 that declare more than the body that follows; then the connection ends."""

    def respond(self) -> Response:
        return Response([b"half"], headers={"Content-Length": "1000"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset(_NoAnswer):
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
