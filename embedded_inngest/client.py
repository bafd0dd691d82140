"""HTTP towards apps, as the rest of the engine sees it: a request, and an answer or an error."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from embedded_inngest.errors import EngineError


class CallError(EngineError):
    """No usable answer came; the text is the one the real server records."""


class UnreachableError(CallError):
    """Nothing answered at that address."""

    def __init__(self) -> None:
        super().__init__("Unable to reach SDK URL")


class FailedRequestError(CallError):
    """The exchange broke; told in the form of Go's client, whose every detail is not imitated."""

    def __init__(self, method: str, url: str, detail: object) -> None:
        super().__init__(f'error performing request: {method.capitalize()} "{url}": {detail}')


class TooLargeError(CallError):
    """The answer is larger than the server reads."""

    def __init__(self) -> None:
        super().__init__("http response size is greater than the limit")


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Client(Protocol):
    """Makes one request."""

    async def send(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, within: float) -> Answer:
        """Return the answer.

        Raises:
            CallError: there was none, or none that could be read.
        """
        ...

    async def close(self) -> None: ...
