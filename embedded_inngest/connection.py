"""One connection to an app, in HTTP/1.1: one request after the other, each answered before the next."""

import asyncio
from typing import cast

import httptools

from embedded_inngest.client import Answer, CallError, TooLargeError, UnreachableError

_FIRST_FINAL = 200
_LARGEST_HEAD = 1024 * 1024
_LENGTHS = {"content-length", "transfer-encoding"}


class BrokenError(Exception):
    """What came is no answer."""


class Connection(asyncio.Protocol):
    """Carries requests, as bytes, and reads what is answered.

    Args:
        largest: Bytes that are read of an answer.

    Attributes:
        is_open: Whether a further request can be made.
    """

    def __init__(self, largest: int) -> None:
        self.is_open = False
        self._largest = largest
        self._parser = httptools.HttpResponseParser(self)
        self._answer: asyncio.Future[Answer] | None = None
        self._begin()

    async def ask(self, request: bytes) -> Answer:
        """Send a request and return its answer; after any other end the connection is closed.

        Raises:
            CallError: There was none, or none that is read to its end.
            BrokenError: What came is none.
        """
        self._answer = asyncio.get_running_loop().create_future()
        self.is_open = False
        self._transport.write(request)
        try:
            return await self._answer
        finally:
            self._answer = None
            if not self.is_open:
                self._transport.abort()

    def close(self) -> None:
        """End the connection."""
        self.is_open = False
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        self._head_bytes += 0 if self._in_body else len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail(BrokenError("the protocol was switched"))
        except httptools.HttpParserError as error:
            self._fail(BrokenError(f"net/http: HTTP/1.x transport connection broken: {error}"))
        self._check_size()

    def _check_size(self) -> None:
        if self._head_bytes > _LARGEST_HEAD and not self._in_body:
            self._fail(BrokenError("net/http: server response headers are too large"))
        if len(self._body) > self._largest:
            self._fail(TooLargeError())

    def connection_lost(self, error: Exception | None) -> None:
        self.is_open = False
        if self._in_body and error is None and not _LENGTHS & self._headers.keys():
            self._succeed()  # such a body lasts as long as the connection
        else:
            self._fail(self._reason(error))
        del self._parser  # the two hold each other

    def _reason(self, error: Exception | None) -> Exception:
        """Say what it means that the connection was lost before the answer was whole."""
        if self._in_body:
            text = "Your server reset the connection while we were reading the reply: Unexpected ending response"
            return CallError(text)
        if error is not None:
            return BrokenError(f"read: {error}")
        return BrokenError("net/http: malformed HTTP response") if self._begun else UnreachableError()

    def on_message_begin(self) -> None:
        self._begun = True

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("utf-8", "replace")

    def on_headers_complete(self) -> None:
        self._in_body = True

    def on_body(self, part: bytes) -> None:
        self._body += part

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() >= _FIRST_FINAL:
            self.is_open = self._answer is not None and self._parser.should_keep_alive()
            self._succeed()
        self._begin()

    def _begin(self) -> None:
        self._begun = self._in_body = False
        self._head_bytes = 0
        self._headers: dict[str, str] = {}
        self._body = bytearray()

    def _succeed(self) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_result(Answer(self._parser.get_status_code(), self._headers, bytes(self._body)))

    def _fail(self, error: Exception) -> None:
        self.is_open = False
        if self._answer and not self._answer.done():
            self._answer.set_exception(error)
        self._transport.abort()
