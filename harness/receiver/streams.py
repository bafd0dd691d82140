"""Answers that are written byte by byte: drips that keep an exchange alive, and bodies that nobody should read whole.

None of them is ever a whole answer to somebody who keeps to a deadline and reads no more than is kept, so their status
is None. Each is made from one small block, is bounded, and ends as soon as the other side hangs up.
"""

import gzip
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from harness.receiver.answers import NoAnswer, StreamError

MEGABYTE = 1_000_000
BLOCK = bytes(65_536)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n"

Wire = Iterator[bytes | float]
"""Bytes to send, and pauses in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream(NoAnswer, ABC):
    """What all of them have in common."""

    def respond(self) -> NoReturn:
        raise StreamError(self.wire())

    @abstractmethod
    def wire(self) -> Wire:
        """Give what is sent, in its order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderDrip(Stream):
    """A 200 with a header that comes a byte at a time: each byte starts the clock of a timeout for reading anew.

    Attributes:
        lasts: Seconds until the answer is whole.
        every: Seconds between two bytes.
    """

    lasts: float
    every: float

    def wire(self) -> Wire:
        yield HEAD + b"X-Drip: "
        for _ in range(round(self.lasts / self.every)):
            yield self.every
            yield b"x"
        yield b"\r\nContent-Length: 2\r\n\r\nok"


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyDrip(Stream):
    """A 200 whose body comes a byte at a time.

    Attributes:
        lasts: Seconds until the answer is whole.
        every: Seconds between two bytes.
    """

    lasts: float
    every: float

    def wire(self) -> Wire:
        length = round(self.lasts / self.every)
        yield HEAD + b"Content-Length: %d\r\n\r\n" % length
        for _ in range(length):
            yield self.every
            yield b"x"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowParts(Stream):
    """A 200 whose headers take their time, and whose body then takes as long again."""

    each: float

    def wire(self) -> Wire:
        yield self.each
        yield HEAD + b"Content-Length: 2\r\n\r\n"
        yield self.each
        yield b"ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Huge(Stream):
    """A 200 with a body of so many bytes."""

    size: int

    def wire(self) -> Wire:
        blocks, rest = divmod(self.size, len(BLOCK))
        yield HEAD + b"Content-Length: %d\r\n\r\n" % self.size
        for _ in range(blocks):
            yield BLOCK
        yield BLOCK[:rest]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endless(Stream):
    """A 200 in chunks of which none is the last; after so many bytes the connection just ends."""

    size: int

    def wire(self) -> Wire:
        yield HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
        for _ in range(self.size // len(BLOCK)):
            yield b"%x\r\n%b\r\n" % (len(BLOCK), BLOCK)


@dataclass(frozen=True, slots=True, kw_only=True)
class GzipBomb(Stream):
    """A 200 with a small body that grows to so many megabytes when it is decompressed."""

    megabytes: int

    def wire(self) -> Wire:
        body = gzip_of_nothing(self.megabytes)
        yield HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
        yield body


def gzip_of_nothing(megabytes: int) -> bytes:
    """Return a gzip file of so many megabytes of NUL; one of them is compressed, and written again and again."""
    block, checksum = bytes(MEGABYTE), 0
    for _ in range(megabytes):
        checksum = zlib.crc32(block, checksum)
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)  # a block that needs nothing before it
    end = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS).flush()
    head = gzip.compress(b"", mtime=0)[:10]
    size = megabytes * MEGABYTE % 2**32
    return head + packed * megabytes + end + checksum.to_bytes(4, "little") + size.to_bytes(4, "little")
