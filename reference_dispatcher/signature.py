"""How a delivery proves where it comes from."""

import base64
import binascii
import hashlib
import hmac

from reference_dispatcher.values import Envelope, RefusedError, Webhook

STANDARD_PREFIX = "whsec_"


class HmacSigner:
    """Signs the exact body twice: as Beema always has, and as Standard Webhooks asks."""

    def sign(self, envelope: Envelope, webhook: Webhook) -> dict[str, str]:
        """Return the headers that carry the signatures.

        Raises:
            RefusedError: The webhook has no secret, and an unsigned request is never sent.
        """
        if not webhook.secret:
            raise RefusedError("the webhook has no secret, and nothing is sent unsigned")
        return {
            "X-Beema-Signature": f"sha256={beema_signature(envelope.body, webhook.secret)}",
            "webhook-id": envelope.delivery_id,
            "webhook-timestamp": str(envelope.sent_at),
            "webhook-signature": f"v1,{standard_signature(envelope, webhook.secret)}",
        }


def beema_signature(body: bytes, secret: str) -> str:
    """Return the lower-case hex HMAC-SHA256 of the body under the secret as it is written."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def standard_signature(envelope: Envelope, secret: str) -> str:
    """Return the base64 HMAC-SHA256 of id, timestamp and body, joined by full stops."""
    signed = b".".join((envelope.delivery_id.encode(), str(envelope.sent_at).encode(), envelope.body))
    return base64.b64encode(hmac.digest(standard_key(secret), signed, hashlib.sha256)).decode()


def standard_key(secret: str) -> bytes:
    """Return the key of Standard Webhooks: what follows `whsec_` is base64, any other secret is its own bytes."""
    if secret.startswith(STANDARD_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(STANDARD_PREFIX), validate=True) or secret.encode()
        except (binascii.Error, ValueError):
            pass  # it only looks like the standard form, so it is used as written
    return secret.encode()
