"""The judge of signatures: right ones pass, wrong ones fail and are told apart."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from harness.errors import UnmetError
from harness.judges.signatures import verify_beema, verify_standard
from harness.targets import Signature

SECRET = "tajné heslo "
BODY = '{"event":"policy/bound","data":{"name":"Žofie 🎉"}}'.encode()
BODY_MAC = "90be33cde94c23a304471383cbc07702b49219296fd28de9da6f872dc8b769ea"
"""Made with `openssl dgst -sha256 -hmac`."""

KNOWN_ANSWERS = [
    # RFC 4231, test case 2
    ("Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    # GitHub's documentation of its webhooks
    (
        "It's a Secret to Everybody",
        b"Hello, World!",
        "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    ),
    (SECRET, BODY, BODY_MAC),
]

STANDARD_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
STANDARD_BODY = b'{"test": 2432232314}'
STANDARD_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
STANDARD_SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
ARRIVAL = 1614265330.7
"""Id, time, secret and body are those of the Standard Webhooks libraries' own tests, the signature is OpenSSL's."""

SECRETS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)
"""Postgres text holds no NUL; HMAC fills keys up with NULs, so secrets that differ in these alone would be one key."""


def mac(key: bytes | str, content: bytes, algorithm: str = "sha256") -> bytes:
    """Return an HMAC as bytes."""
    return hmac.digest(key.encode() if isinstance(key, str) else key, content, algorithm)


def beema(signature: str) -> list[tuple[str, str]]:
    """Return the headers of a request with this signature."""
    return [("Content-Type", "application/json"), ("x-beema-signature", signature)]


def standard(
    *, identifier: str = STANDARD_ID, timestamp: str = "1614265330", signature: str = STANDARD_SIGNATURE
) -> list[tuple[str, str]]:
    """Return the Standard Webhooks trio."""
    return [("Webhook-Id", identifier), ("webhook-timestamp", timestamp), ("webhook-signature", signature)]


def flip(content: bytes, bit: int) -> bytes:
    """Return the content with one bit flipped."""
    bits = int.from_bytes(content) ^ (1 << bit % (8 * len(content)))
    return bits.to_bytes(len(content))


@pytest.mark.parametrize(("secret", "body", "answer"), KNOWN_ANSWERS)
def test_known_answers_pass(secret: str, body: bytes, answer: str) -> None:
    """Signatures that others have published or made pass."""
    verify_beema(beema(f"sha256={answer}"), body, secret)


MISTAKES = {
    "the prefix 'sha256=' missing": BODY_MAC,
    "the prefix 'SHA256=' in place of 'sha256='": f"SHA256={BODY_MAC}",
    "uppercase hex in place of lowercase hex": f"sha256={BODY_MAC.upper()}",
    "base64 in place of lowercase hex": "sha256=" + base64.b64encode(bytes.fromhex(BODY_MAC)).decode(),
    "SHA-1 in place of SHA-256": "sha256=" + mac(SECRET, BODY, "sha1").hex(),
    "the prefix 'sha1=' in place of 'sha256='; SHA-1 in place of SHA-256": "sha1=" + mac(SECRET, BODY, "sha1").hex(),
    "SHA-512 in place of SHA-256": "sha256=" + mac(SECRET, BODY, "sha512").hex(),
    "a plain SHA-256 of key and content": "sha256=" + hashlib.sha256(SECRET.encode() + BODY).hexdigest(),
    "key and content swapped": "sha256=" + mac(BODY, SECRET.encode()).hex(),
    "an empty key": "sha256=" + mac("", BODY).hex(),
    "the secret without the white space around it": "sha256=" + mac(SECRET.strip(), BODY).hex(),
    "the secret of webhook 12": "sha256=" + mac("another", BODY).hex(),
    "the body serialised anew (with spaces, ASCII, in order)": "sha256="
    + mac(SECRET, json.dumps(json.loads(BODY)).encode()).hex(),
    "the data alone (compact, UTF-8, in order)": "sha256=" + mac(SECRET, '{"name":"Žofie 🎉"}'.encode()).hex(),
    "an empty key; base64 in place of lowercase hex": "sha256=" + base64.b64encode(mac("", BODY)).decode(),
    "(40 hex digits, as many as SHA-1 has) is no MAC": "sha256=" + "a0" * 20,
    "(64 hex digits, as many as SHA-256 has) is no MAC": "sha256=" + "a0" * 32,
    "(28 characters of base64, as many as SHA-1 has) is no MAC": "sha256=" + base64.b64encode(b"\xff" * 20).decode(),
    "(7 characters, not all of them hex digits; the prefix 'sha256=' missing)": "no idea",
    "it is empty": "",
}


@pytest.mark.parametrize(("verdict", "signature"), MISTAKES.items())
def test_mistake_is_named(verdict: str, signature: str) -> None:
    """A wrong signature is rejected with the mistake that leads to it."""
    with pytest.raises(UnmetError) as caught:
        verify_beema(beema(signature), BODY, SECRET, other_secrets={"webhook 12": "another"})

    assert verdict in caught.value.seen


BARE = Signature(header="X-Hook-Digest", prefix="", encoding="base64")
OWN = Signature(header="X-Hook-Digest", prefix="beema ", encoding="hex")
MAC64 = base64.b64encode(bytes.fromhex(BODY_MAC)).decode()
FORMS = {
    "bare base64": (BARE, MAC64, f"{MAC64[:-2]}A="),
    "own prefix": (OWN, f"beema {BODY_MAC}", f"beema {'0' * 64}"),
    "base64 with the usual prefix": (replace(BARE, prefix="sha256="), f"sha256={MAC64}", f"sha256={BODY_MAC}"),
}


@pytest.mark.parametrize(("form", "right", "wrong"), FORMS.values(), ids=FORMS)
def test_form_is_the_targets(form: Signature, right: str, wrong: str) -> None:
    """Header, prefix and encoding are those that the target declares, and those of the contract do not do instead."""
    verify_beema([("x-hook-digest", right)], BODY, SECRET, form=form)

    for header, value in (("X-Hook-Digest", wrong), ("X-Hook-Digest", f"sha256={BODY_MAC}"), ("X-Other", right)):
        with pytest.raises(UnmetError):
            verify_beema([(header, value)], BODY, SECRET, form=form)


@pytest.mark.parametrize(
    ("form", "signature", "verdict"),
    [
        (BARE, f"sha256={MAC64}", "the prefix 'sha256=' in place of none"),
        (BARE, BODY_MAC, "right but for: lowercase hex in place of base64"),
        (BARE, MAC64.rstrip("="), "right but for: base64 without padding in place of base64"),
        (BARE, f"v1={BODY_MAC}", "the prefix 'v1=' in place of none; lowercase hex in place of base64"),
        (BARE, base64.b64encode(mac("another", BODY)).decode(), "right but for: the secret of webhook 12"),
        (BARE, "A" * 43 + "=", "(44 characters of base64, as many as SHA-256 has) is no MAC"),
        (OWN, BODY_MAC, "the prefix 'beema ' missing"),
        (OWN, f"BEEMA {BODY_MAC}", "the prefix 'BEEMA ' in place of 'beema '"),
        (OWN, f"sha256={BODY_MAC}", "the prefix 'sha256=' in place of 'beema '"),
        (OWN, f"beema {MAC64}", "right but for: base64 in place of lowercase hex"),
    ],
)
def test_mistake_is_named_in_any_form(form: Signature, signature: str, verdict: str) -> None:
    """What is wrong is told against the form of the target, under the name of its own header."""
    with pytest.raises(UnmetError) as caught:
        verify_beema([(form.header, signature)], BODY, SECRET, form=form, other_secrets={"webhook 12": "another"})

    assert verdict in caught.value.seen
    assert caught.value.expected.startswith(f"X-Hook-Digest: {form.prefix}<")


@pytest.mark.parametrize(
    ("secret", "key", "verdict"),
    [
        ("whsec_c2VjcmV0", b"c2VjcmV0", "the secret without its prefix whsec_"),
        ("whsec_c2VjcmV0", b"secret", "the secret decoded from base64"),
        ("736563726574", b"secret", "the secret decoded from hex"),
    ],
)
def test_interpreted_secret_is_named(secret: str, key: bytes, verdict: str) -> None:
    """A secret that is not used as it is written is rejected, and how it was read is told."""
    with pytest.raises(UnmetError, match=f"right but for: {verdict}"):
        verify_beema(beema(f"sha256={mac(key, BODY).hex()}"), BODY, secret)


def test_missing_header_is_named() -> None:
    """A request without the header is rejected, and one that may be meant for it is shown."""
    with pytest.raises(UnmetError, match=r"it is missing, but there is \['X-Hub-Signature'\]"):
        verify_beema([("X-Hub-Signature", "sha256=00")], BODY, SECRET)


def test_two_headers_are_rejected() -> None:
    """A second signature is rejected, even beside a right one."""
    with pytest.raises(UnmetError, match="it is there 2 times"):
        verify_beema(beema(f"sha256={BODY_MAC}") + beema("sha256=00"), BODY, SECRET)


def test_request_for_no_secret_is_rejected() -> None:
    """A webhook without a secret must get no request, so none can be signed right."""
    with pytest.raises(UnmetError, match="nothing is sent unsigned"):
        verify_beema(beema(f"sha256={mac('', BODY).hex()}"), BODY, "")


def test_verdict_shows_no_secret() -> None:
    """Neither the webhook's secret nor another's is in the text that reports show."""
    signature = f"sha256={mac('the-other-one', BODY).hex()}"

    with pytest.raises(UnmetError) as caught:
        verify_beema(beema(signature), BODY, "the-right-one", other_secrets={"webhook 12": "the-other-one"})

    assert "the-" not in str(caught.value).replace("the-secret", "")


@given(body=st.binary(min_size=1), secret=SECRETS, bit=st.integers(min_value=0))
def test_any_flipped_bit_is_rejected(body: bytes, secret: str, bit: int) -> None:
    """A right signature over any bytes passes, and fails when one bit of the body or of the MAC is flipped."""
    right = mac(secret, body)

    verify_beema(beema(f"sha256={right.hex()}"), body, secret)
    with pytest.raises(UnmetError):
        verify_beema(beema(f"sha256={right.hex()}"), flip(body, bit), secret)
    with pytest.raises(UnmetError):
        verify_beema(beema(f"sha256={flip(right, bit).hex()}"), body, secret)


@given(body=st.binary(), secret=SECRETS, wrong=SECRETS)
def test_any_wrong_secret_is_rejected(body: bytes, secret: str, wrong: str) -> None:
    """A signature under any other secret fails."""
    if wrong == secret:
        wrong += "x"

    with pytest.raises(UnmetError):
        verify_beema(beema(f"sha256={mac(wrong, body).hex()}"), body, secret)


def test_standard_known_answer_passes() -> None:
    """The trio of a known answer passes, also among signatures of other keys and versions."""
    verify_standard(standard(), STANDARD_BODY, STANDARD_SECRET, ARRIVAL)
    verify_standard(
        standard(signature=f"v1a,c2lnbg== v1,b2xk {STANDARD_SIGNATURE}"), STANDARD_BODY, STANDARD_SECRET, ARRIVAL
    )


@pytest.mark.parametrize(
    ("timestamp", "verdict"),
    [
        ("1614265330000", "is in milliseconds"),
        ("1614265330.5", "is no whole number"),
        ("1614265324", "is 7 s before the arrival"),
        ("1614265337", "is 6 s after the arrival"),
    ],
)
def test_standard_timestamp_is_the_attempts(timestamp: str, verdict: str) -> None:
    """A timestamp of another unit or another time is rejected before the signature is looked at."""
    with pytest.raises(UnmetError, match=verdict):
        verify_standard(standard(timestamp=timestamp), STANDARD_BODY, STANDARD_SECRET, ARRIVAL)


SIGNED = f"{STANDARD_ID}.1614265330.".encode() + STANDARD_BODY
KEY = base64.b64decode(STANDARD_SECRET.removeprefix("whsec_"))
STANDARD_MISTAKES = {
    "the prefix 'v1,' missing": STANDARD_SIGNATURE.removeprefix("v1,"),
    "the prefix 'v1=' in place of 'v1,'": STANDARD_SIGNATURE.replace("v1,", "v1="),
    "lowercase hex in place of base64": f"v1,{mac(KEY, SIGNED).hex()}",
    "the body alone": f"v1,{base64.b64encode(mac(KEY, STANDARD_BODY)).decode()}",
    "no webhook-id": f"v1,{base64.b64encode(mac(KEY, SIGNED.partition(b'.')[2])).decode()}",
    "the secret's own text": f"v1,{base64.b64encode(mac(STANDARD_SECRET, SIGNED)).decode()}",
    "is no MAC": "v1,c2lnbg==",
}


@pytest.mark.parametrize(("verdict", "signature"), STANDARD_MISTAKES.items())
def test_standard_mistake_is_named(verdict: str, signature: str) -> None:
    """A wrong Standard Webhooks signature is rejected with the mistake that leads to it."""
    with pytest.raises(UnmetError) as caught:
        verify_standard(standard(signature=signature), STANDARD_BODY, STANDARD_SECRET, ARRIVAL)

    assert verdict in caught.value.seen


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_standard_trio_is_complete(missing: int) -> None:
    """Two of the three headers are not enough."""
    trio = standard()
    name, _ = trio.pop(missing)

    with pytest.raises(UnmetError, match=f"(?i)one header {name}"):
        verify_standard(trio, STANDARD_BODY, STANDARD_SECRET, ARRIVAL)


@given(body=st.text(), key=st.binary(min_size=1), bit=st.integers(min_value=0))
def test_standard_judge_agrees_with_the_stock_library(body: str, key: bytes, bit: int) -> None:
    """What the stock library signs passes, and what it rejects for one flipped bit fails."""
    secret, now = f"whsec_{base64.b64encode(key).decode()}", datetime.now(UTC)
    library = Webhook(secret)
    signature = library.sign("msg_1", now, body)
    forged = f"v1,{base64.b64encode(flip(base64.b64decode(signature[3:]), bit)).decode()}"
    trio = {"identifier": "msg_1", "timestamp": str(int(now.timestamp()))}

    verify_standard(standard(**trio, signature=signature), body.encode(), secret, now.timestamp())
    with pytest.raises(WebhookVerificationError):
        library.verify(body, dict(standard(**trio, signature=forged)))
    with pytest.raises(UnmetError):
        verify_standard(standard(**trio, signature=forged), body.encode(), secret, now.timestamp())


def test_plain_secret_is_its_own_key() -> None:
    """A secret without the prefix, or with one and no base64 behind it, signs with its own bytes."""
    for secret in ("plain", "whsec_not base64!"):
        signature = f"v1,{base64.b64encode(mac(secret, SIGNED)).decode()}"
        verify_standard(standard(signature=signature), STANDARD_BODY, secret, ARRIVAL)
