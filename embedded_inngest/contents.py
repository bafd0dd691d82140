"""What an app has packed, unpacked: the content encodings of the real server, never beyond what it reads."""

import zlib

from embedded_inngest.client import CallError, TooLargeError

_GZIP_WINDOW = 31  # zlib's "gzip and nothing else"
_BROKEN = "Your server reset the connection while we were reading the reply: Unexpected ending response"


def decoded(content: bytes, encoding: str, largest: int) -> bytes:
    """Unpack the body of an answer.

    Raises:
        CallError: it is packed badly, or in a way that is not known.
        TooLargeError: it is too large once unpacked.
    """
    if encoding.strip().lower() == "gzip":
        return _gunzipped(content, largest)
    if encoding.strip().lower() == "br":
        raise CallError("not imitated by the embedded engine: content encoding br")
    raise CallError(f'unsupported content encoding: "{encoding}"')


def _gunzipped(content: bytes, largest: int) -> bytes:
    unpacker = zlib.decompressobj(_GZIP_WINDOW)
    try:
        unpacked = unpacker.decompress(content, largest + 1)
    except zlib.error:
        raise CallError(_BROKEN) from None
    if len(unpacked) > largest:
        raise TooLargeError
    if not unpacker.eof or unpacker.unused_data:
        raise CallError(_BROKEN)
    return unpacked
