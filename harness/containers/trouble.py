"""Trouble with Docker: what its libraries raise, told in one line, and never waited for without end."""

import errno
import socket
import struct
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

import requests
import urllib3
from docker.errors import APIError, DockerException

T = TypeVar("T")

TROUBLE = (DockerException, OSError, urllib3.exceptions.HTTPError, struct.error)
"""What a call of Docker may raise: its own errors, those of the two HTTP libraries below, and half an answer."""

IN_WORDS = {
    errno.ENOENT: "there is no such socket",
    errno.EACCES: "this user may not use the socket (permission denied)",
    errno.ECONNREFUSED: "the connection is refused; nobody listens there",
}
LIMIT = 300
"""Characters of a message of Docker that are shown."""


def why(error: BaseException) -> str:
    """Return the cause of an error in one line, without the wrapping of the libraries that it came through."""
    if isinstance(error, APIError):
        return one_line(error.explanation or str(error))
    causes = list(_causes(error))
    system = [cause for cause in causes if isinstance(cause, OSError) and cause.errno is not None]
    known = [IN_WORDS[cause.errno] for cause in system if cause.errno in IN_WORDS]
    if known:
        return known[-1]
    if any(isinstance(cause, socket.gaierror) for cause in system):
        return "its name can't be resolved"
    if any(isinstance(cause, TimeoutError | requests.Timeout | urllib3.exceptions.TimeoutError) for cause in causes):
        return "it does not answer in time"
    return one_line(str(system[-1].strerror) if system else str(error))


def one_line(text: str) -> str:
    """Return a message of Docker on one line, and not without end."""
    return " ".join(text.split()).rstrip(".")[:LIMIT]


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all that it wraps: the libraries chain, nest in arguments, or keep a `reason`."""
    yield error
    inner = [error.__cause__ or error.__context__, getattr(error, "reason", None), *error.args]
    for each in inner:
        if isinstance(each, BaseException):
            yield from _causes(each)


def bounded(work: Callable[[], T], *, within: float) -> T:
    """Return what `work` returns, but wait no longer than `within`; then it goes on unheard in the background.

    Raises:
        TimeoutError: The time passed.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    return future.result(within)
