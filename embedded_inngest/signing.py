"""The keys of the signed mode: apps can tell that the server calls, and the server that it is they who ask."""

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import Any

from embedded_inngest import wire
from embedded_inngest.errors import RefusedKeyError

_PREFIX = re.compile(rb"^signkey-\w+-")
_NOT_HEX = re.compile(rb"[^0-9a-fA-F]")
_SCHEME = "BEARER"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The secret that server and apps share, as it was given."""

    text: str = field(repr=False)

    def signature(self, body: bytes, now: float) -> str:
        """Sign a canonical body with the key as it was given, as the real server signs executions."""
        return _signature(self._raw, body, int(now))

    def ping_signature(self, content: Any, now: float) -> str:
        """Sign JSON content with the key without its prefix, as the real server signs what asks apps to register."""
        return _signature(self._bare, wire.canonical(content), int(now))

    def admits(self, authorization: str) -> bool:
        """Tell whether an Authorization header bears the key or its hash; prefixes count for nothing."""
        token = _PREFIX.sub(b"", _token(authorization))
        hashed = hashlib.sha256(bytes.fromhex(self._bare.decode())).hexdigest().encode()
        return hmac.compare_digest(token, self._bare) or hmac.compare_digest(token, hashed)

    @property
    def _raw(self) -> bytes:
        return _bytes(self.text)

    @property
    def _bare(self) -> bytes:
        return _PREFIX.sub(b"", self._raw)


def read_signing_key(text: str) -> SigningKey:
    """Take a signing key.

    Raises:
        RefusedKeyError: The real server does not start with it.
    """
    if not text:
        raise RefusedKeyError("signing-key is required")
    key = _bytes(text)
    if len(key) % 2:
        raise RefusedKeyError("signing-key must be hex string with even number of chars")
    complaint = _hex_complaint(_PREFIX.sub(b"", key))
    if complaint:
        raise RefusedKeyError(f"signing-key must be valid hex string: encoding/hex: {complaint}")
    return SigningKey(text)


def read_event_keys(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Take event keys.

    Raises:
        RefusedKeyError: There are none.
    """
    if not keys:
        raise RefusedKeyError("at least one event-key is required")
    return keys


def _hex_complaint(key: bytes) -> str | None:
    """Say in Go's words why bytes are not hex."""
    wrong = _NOT_HEX.search(key)
    if wrong:
        char = wrong.group().decode("latin-1")
        shown = f" '{char}'" if char.isprintable() else ""
        return f"invalid byte: U+{ord(char):04X}{shown}"
    return "odd length hex string" if len(key) % 2 else None


def _signature(key: bytes, body: bytes, second: int) -> str:
    code = hmac.digest(key, body + str(second).encode(), hashlib.sha256)
    return f"t={second}&s={code.hex()}"


def _token(authorization: str) -> bytes:
    """Return what follows the scheme and one character, whichever it is."""
    scheme = authorization[: len(_SCHEME)].upper()
    return _bytes(authorization[len(_SCHEME) + 1 :]) if scheme == _SCHEME else b""


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
