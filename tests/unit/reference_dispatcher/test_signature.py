"""Signing: vectors from other programs, and the rules about keys."""

import time

import pytest
from standardwebhooks.webhooks import Webhook as Standard

from reference_dispatcher.signature import HmacSigner, beema_signature, standard_key, standard_signature
from reference_dispatcher.values import Envelope, RefusedError
from tests.unit.reference_dispatcher.making import webhook

BODY = '{"event":"policy/bound","data":{"s":"zażółć 🚀"}}'.encode()


@pytest.mark.parametrize(
    ("secret", "digest"),
    [
        ("plain-secret", "557ad7fdc63d222050bfef81f43b59843c5f35bfd62098638f7e79f987c390e6"),
        ("zażółć ", "dc7a92ad37105c3e53081950e8ec237079f35bad6c6049dd03521fc1c291a8f9"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "8e34f9057e21ce98ac1d8cd76a1d57a63381a058e9e1096443fe369526ea9e18"),
    ],
)
def test_beema_signature_is_what_openssl_computes(secret: str, digest: str) -> None:
    """The key is the secret exactly as written: unicode, prefix and trailing space included."""
    assert beema_signature(BODY, secret) == digest


def test_standard_signature_is_the_published_vector() -> None:
    """The example of the Standard Webhooks documents comes out as they print it."""
    envelope = Envelope(delivery_id="msg_p5jXN8AQM9LWM0D4loKWxJek", sent_at=1614265330, body=b'{"test": 2432232314}')

    signature = standard_signature(envelope, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

    assert signature == "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("secret", ["plain", "whsec_not base64!", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
def test_secret_that_is_not_in_the_standard_form_is_its_own_key(secret: str) -> None:
    """Only base64 behind `whsec_` is decoded; every other secret is a key of its own bytes, and never an empty one."""
    assert standard_key(secret) == secret.encode()


def test_stock_library_accepts_the_signed_headers() -> None:
    """A receiver that uses the stock library of Standard Webhooks verifies what we send."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    envelope = Envelope(delivery_id="id-1", sent_at=int(time.time()), body=BODY)

    headers = HmacSigner().sign(envelope, webhook(secret=secret))

    assert Standard(secret).verify(BODY, headers)["event"] == "policy/bound"


@pytest.mark.parametrize("secret", ["", None])
def test_nothing_is_signed_without_a_secret(secret: str | None) -> None:
    """An empty or missing secret refuses the delivery instead of signing with an empty key."""
    envelope = Envelope(delivery_id="id-1", sent_at=1, body=BODY)

    with pytest.raises(RefusedError, match="no secret"):
        HmacSigner().sign(envelope, webhook(secret=secret))
