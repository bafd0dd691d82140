"""What a wrong signature tells: the mistakes that signers usually make, tried one by one and together."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

Recipe = Callable[[bytes, bytes], bytes]
"""Makes a MAC of a key and a content."""

RECIPES: Mapping[str, Recipe] = {
    "": lambda key, content: hmac.digest(key, content, hashlib.sha256),
    "SHA-1 in place of SHA-256": lambda key, content: hmac.digest(key, content, hashlib.sha1),
    "SHA-512 in place of SHA-256": lambda key, content: hmac.digest(key, content, hashlib.sha512),
    "a plain SHA-256 of key and content in place of an HMAC": lambda key, content: hashlib.sha256(
        key + content
    ).digest(),
    "key and content swapped": lambda key, content: hmac.digest(content, key, hashlib.sha256),
}

HEX, BASE64 = "lowercase hex", "base64"
ENCODINGS: Mapping[str, Callable[[bytes], str]] = {
    HEX: bytes.hex,
    "uppercase hex": lambda mac: mac.hex().upper(),
    BASE64: lambda mac: base64.b64encode(mac).decode(),
    "base64 without padding": lambda mac: base64.b64encode(mac).decode().rstrip("="),
    "URL-safe base64": lambda mac: base64.urlsafe_b64encode(mac).decode(),
}
LENGTHS = {20: "SHA-1", 32: "SHA-256", 64: "SHA-512"}
"""Bytes of a digest."""

HEX_DIGITS = set("0123456789abcdefABCDEF")


def mistakes_in(
    mac: str, *, encoding: str, keys: Mapping[str, bytes], contents: Mapping[str, bytes]
) -> list[str] | None:
    """Return the fewest mistakes that lead to a MAC; None if no known ones do.

    Args:
        mac: The MAC as text, without any prefix.
        encoding: The one of ENCODINGS that is right.
        keys: The right key under the name "", and others under the mistake of using them.
        contents: The same of what is signed.
    """
    found = [
        [name for name in (recipe_name, key_name, content_name, _in_place_of(encoding, written)) if name]
        for (recipe_name, recipe), (key_name, key), (content_name, content) in product(
            RECIPES.items(), keys.items(), contents.items()
        )
        for written in _encodings_of(recipe(key, content), mac)
    ]
    return min(found, key=len, default=None)


def _encodings_of(mac: bytes, text: str) -> list[str]:
    return [name for name, encode in ENCODINGS.items() if encode(mac) == text]


def _in_place_of(right: str, written: str) -> str:
    return "" if written == right else f"{written} in place of {right}"


def shape_of(mac: str) -> str:
    """Describe a MAC that says nothing else."""
    if mac and set(mac) <= HEX_DIGITS:
        kind = LENGTHS.get(len(mac) // 2) if len(mac) % 2 == 0 else None
        return f"{len(mac)} hex digits, {f'as many as {kind} has' if kind else 'as many as no digest has'}"
    decoded = _decoded(
        lambda: base64.b64decode(mac.rstrip("=") + "==", altchars=b"-_" if set(mac) & set("-_") else None)
    )
    if kind := LENGTHS.get(len(decoded or b"")):
        return f"{len(mac)} characters of base64, as many as {kind} has"
    return f"{len(mac)} characters, not all of them hex digits"


def keys_by_mistake(secret: str, others: Mapping[str, str]) -> dict[str, bytes]:
    """Return keys that are used in place of a secret's own bytes, by the mistake."""
    bare = secret.removeprefix("whsec_")
    keys = {
        "an empty key": b"",
        "the secret without the white space around it": secret.strip().encode(),
        "the secret without its prefix whsec_": bare.encode(),
        "the secret decoded from base64": _decoded(lambda: base64.b64decode(bare + "==")),
        "the secret decoded from hex": _decoded(lambda: bytes.fromhex(secret)),
        **{f"the secret of {name}": other.encode() for name, other in others.items()},
    }
    return {name: key for name, key in keys.items() if key is not None and key != secret.encode()}


def _decoded(decode: Callable[[], bytes]) -> bytes | None:
    try:
        return decode()
    except (binascii.Error, ValueError):
        return None


def contents_by_mistake(body: bytes) -> dict[str, bytes]:
    """Return contents that are signed in place of a body's own bytes, by the mistake."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    contents = _serialisations("the body serialised anew", value)
    if isinstance(value, dict) and "data" in value:
        contents |= _serialisations("the data alone", value["data"])
    return {name: content for name, content in contents.items() if content != body}


def _serialisations(what: str, value: Any) -> dict[str, bytes]:
    return {
        f"{what} ({spacing}, {alphabet}, {order})": json.dumps(
            value, separators=separators, ensure_ascii=alphabet == "ASCII", sort_keys=order == "sorted"
        ).encode(errors="surrogatepass")
        for (spacing, separators), alphabet, order in product(
            {"compact": (",", ":"), "with spaces": (", ", ": ")}.items(), ("UTF-8", "ASCII"), ("in order", "sorted")
        )
    }
