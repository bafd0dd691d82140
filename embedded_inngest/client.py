"""HTTP towards apps: pooled, bounded in size and time, redirects followed with the same method and body."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urljoin

from embedded_inngest.errors import EngineError

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

_MAX_REDIRECTS = 10
_REDIRECTS = {301, 302, 303, 307, 308}
_IDLE_SECONDS = 1.0  # less than any server waits: a request must not meet a connection that is just being closed
_CHUNK = 64 * 1024
_GZIP_WINDOW = 47  # zlib's "gzip or zlib, whichever it is"
_UNWANTED = ("Accept", "Accept-Encoding", "User-Agent", "Content-Type")


class CallError(EngineError):
    """No usable answer came; the text is the one the real server records."""


class UnreachableError(CallError):
    """Nothing answered at that address."""

    def __init__(self) -> None:
        super().__init__("Unable to reach SDK URL")


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


class PooledClient:
    """Keeps connections open between requests."""

    def __init__(self, largest_answer: int) -> None:
        self._largest = largest_answer
        self._session: ClientSession | None = None

    async def close(self) -> None:
        if self._session:
            await self._session.close()

    async def send(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, within: float) -> Answer:
        for _ in range(_MAX_REDIRECTS + 1):
            answer = await self._send_once(method, url, headers=headers, body=body, within=within)
            location = answer.headers.get("location")
            if answer.status not in _REDIRECTS or not location:
                return answer
            url = urljoin(url, location)
        raise CallError(f"error performing request: stopped after {_MAX_REDIRECTS} redirects")

    async def _send_once(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, within: float
    ) -> Answer:
        import aiohttp  # noqa: PLC0415 (a third of the start-up time, and not needed to listen)

        timeout = aiohttp.ClientTimeout(total=within)
        try:
            request = self._opened().request(
                method, url, data=body, headers=headers, timeout=timeout, allow_redirects=False
            )
            async with request as response:
                found = {name.lower(): value for name, value in response.headers.items()}
                content = await _bounded(response, self._largest)
                return Answer(
                    response.status, found, _decompressed(content, found.get("content-encoding", ""), self._largest)
                )
        except aiohttp.ClientConnectorError:
            raise UnreachableError from None
        except aiohttp.ServerDisconnectedError:
            raise CallError("Your server closed the request before finishing.") from None
        except aiohttp.ClientPayloadError:
            raise CallError(
                "Your server reset the connection while we were reading the reply: Unexpected ending response"
            ) from None
        except TimeoutError:
            raise CallError("Your server connection experienced a timeout or was blocked") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise CallError(f"error performing request: {error}") from None

    def _opened(self) -> "ClientSession":
        if self._session is None:
            import aiohttp  # noqa: PLC0415 (see above)

            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE_SECONDS),
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=_UNWANTED,
            )
        return self._session


async def _bounded(response: "ClientResponse", largest: int) -> bytes:
    content = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        content += chunk
        if len(content) > largest:
            raise TooLargeError
    return bytes(content)


def _decompressed(content: bytes, encoding: str, largest: int) -> bytes:
    """Unpack what an app compressed unasked, never beyond the limit."""
    if encoding not in {"gzip", "deflate"}:
        return content
    unpacker = zlib.decompressobj(_GZIP_WINDOW)
    try:
        unpacked = unpacker.decompress(content, largest)
    except zlib.error as error:
        raise CallError(f"error decompressing response body: {error}") from None
    if unpacker.unconsumed_tail:
        raise TooLargeError
    return unpacked
