"""The keys of the signed mode: which are taken, what they sign and whom they admit."""

import hashlib
import hmac

import pytest

from embedded_inngest.errors import RefusedKeyError
from embedded_inngest.signing import SigningKey, read_event_keys, read_signing_key
from tests.unit.embedded_inngest.signed import SIGNING_KEY

NOW = 1795439080.9
PREFIXED = f"signkey-dev-{SIGNING_KEY}"
HASHED = hashlib.sha256(bytes.fromhex(SIGNING_KEY)).hexdigest()

REFUSED = {
    "": "signing-key is required",
    "abc": "signing-key must be hex string with even number of chars",
    f"signkey-prod-{SIGNING_KEY}": "signing-key must be hex string with even number of chars",
    "signkey-prod-abc": "signing-key must be valid hex string: encoding/hex: odd length hex string",
    "test-signing-key": "signing-key must be valid hex string: encoding/hex: invalid byte: U+0074 't'",
    "ab\x00\x00": "signing-key must be valid hex string: encoding/hex: invalid byte: U+0000",
    "ż": "signing-key must be valid hex string: encoding/hex: invalid byte: U+00C5 'Å'",
}


def signature(key: str, body: bytes) -> str:
    """Return the signature that the protocol wants, made without the engine's help."""
    code = hmac.new(key.encode(), body + b"1795439080", hashlib.sha256)
    return f"t=1795439080&s={code.hexdigest()}"


@pytest.mark.parametrize("key", REFUSED)
def test_a_key_that_is_no_hex_is_refused(key: str) -> None:
    """The real server starts with an even number of hex digits only, and says what else it sees in its own words."""
    with pytest.raises(RefusedKeyError) as refused:
        read_signing_key(key)

    assert str(refused.value) == f"Error: {REFUSED[key]}"


@pytest.mark.parametrize("key", [SIGNING_KEY, SIGNING_KEY.upper(), PREFIXED])
def test_a_key_of_hex_is_taken(key: str) -> None:
    """Hex of either case is a key; behind a prefix of an even length it is one too."""
    assert read_signing_key(key) == SigningKey(key)


def test_a_missing_event_key_is_refused() -> None:
    """Without event keys the signed mode does not start; an empty one is a key, if one that nobody can use."""
    with pytest.raises(RefusedKeyError, match=r"^Error: at least one event-key is required$"):
        read_event_keys(())

    assert read_event_keys(("",)) == ("",)


def test_executions_are_signed_with_the_whole_key() -> None:
    """The signature of an execution is made with the key as it was given, prefix included, as the real one is."""
    assert SigningKey(PREFIXED).signature(b'{"a":1}', NOW) == signature(PREFIXED, b'{"a":1}')


def test_pings_are_signed_with_the_bare_key() -> None:
    """The signature of a ping is made with the key without its prefix, over the canonical form of the content."""
    content = {"url": "http://x/?a&b", "a": 1.0}

    assert SigningKey(PREFIXED).ping_signature(content, NOW) == signature(SIGNING_KEY, b'{"a":1,"url":"http://x/?a&b"}')


@pytest.mark.parametrize("key", [SIGNING_KEY, PREFIXED])
@pytest.mark.parametrize(
    "given",
    [
        f"Bearer {SIGNING_KEY}",
        f"bearer {SIGNING_KEY}",
        f"Bearer {HASHED}",
        f"Bearer signkey-prod-{HASHED}",
        f"Bearer {PREFIXED}",
    ],
)
def test_the_key_and_its_hash_are_admitted(key: str, given: str) -> None:
    """Who bears the key or its hash is let in, with any prefix or none on either side."""
    assert SigningKey(key).admits(given)


@pytest.mark.parametrize(
    "given",
    [
        "",
        "Bearer",
        "Bearer ",
        SIGNING_KEY,
        f"Basic {SIGNING_KEY}",
        f"Bearer  {SIGNING_KEY}",
        f"Bearer {SIGNING_KEY[:-1]}",
        f"Bearer {SIGNING_KEY}0",
        f"Bearer {HASHED.upper()}",
        f"Bearer {hashlib.sha256(SIGNING_KEY.encode()).hexdigest()}",
        "Bearer żółć",
    ],
)
def test_nothing_else_is_admitted(given: str) -> None:
    """Whatever is not the key or its hash is kept out, however near it comes."""
    assert not SigningKey(SIGNING_KEY).admits(given)


def test_a_key_is_not_shown() -> None:
    """The key does not appear where its holder is printed."""
    assert SIGNING_KEY not in repr(SigningKey(SIGNING_KEY))
