"""The judge of signatures: written from the contract and from the Standard Webhooks text, not from the platform's code.

A wrong signature is held against those that the usual mistakes lead to, so that the verdict can name the mistake.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.errors import Inconclusive, UnmetError
from harness.judges.signature_mistakes import (
    BASE64,
    ENCODINGS,
    HEX,
    contents_by_mistake,
    keys_by_mistake,
    mistakes_in,
    shape_of,
)
from harness.receiver.attempts import Attempt
from harness.targets import Signature
from harness.webhooks import Webhook

Headers = Iterable[tuple[str, str]]

BEEMA = Signature()
"""The form of the signature that the contract asks for; a target may declare another one."""

NAMES = {"hex": HEX, "base64": BASE64}
"""What the mistakes call the encodings of a form."""

STANDARD_ID, STANDARD_TIME, STANDARD_SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
STANDARD_PREFIX = "v1,"
PREFIX = re.compile(r"(?:sha-?\d+|v\d+a?)[=,:]", re.IGNORECASE)
"""What signatures of any kind begin with."""

MILLISECONDS = 10**11
"""From here on a timestamp can't be meant in seconds: that would be in the year 5138."""


@dataclass(frozen=True, slots=True)
class Signatures:
    """Judges the signatures of one platform, in the form that it gives them."""

    form: Signature = BEEMA

    def verify(
        self, attempts: Iterable[Attempt], secret: str | None, others: Mapping[str, str | None] | None = None
    ) -> None:
        """Check the signature of each attempt; the secrets of others tell whose was used instead.

        Raises:
            UnmetError: One is wrong.
        """
        known = {name: other for name, other in (others or {}).items() if other}
        for attempt in attempts:
            verify_beema(attempt.headers, attempt.body, secret or "", form=self.form, other_secrets=known)

    def signers(self, attempt: Attempt, webhooks: Mapping[str, Webhook]) -> list[str]:
        """Return the names of the webhooks whose secret signed an attempt: tells apart those that share a URL.

        Raises:
            Inconclusive: None of them did, so that nobody can tell for whom it was.
        """
        names = [name for name, webhook in webhooks.items() if self._signed_by(attempt, webhook)]
        if not names:
            raise Inconclusive(
                f"a signature that tells for which of {', '.join(webhooks)} an attempt at their URL was.",
                "it is signed with the secret of none of them, or not as the target's file says.",
                "signatures: see SIG-01 and SIG-02.",
            )
        return names

    def _signed_by(self, attempt: Attempt, webhook: Webhook) -> bool:
        try:
            self.verify([attempt], webhook.secret)
        except UnmetError:
            return False
        return True


def verify_beema(
    headers: Headers,
    body: bytes,
    secret: str,
    *,
    form: Signature = BEEMA,
    other_secrets: Mapping[str, str] | None = None,
) -> None:
    """Check that a request carries the HMAC-SHA256 of the exact body, by default as `X-Beema-Signature: sha256=<hex>`.

    Args:
        headers: Names and values as they arrived.
        body: The bytes as they arrived.
        secret: The webhook's secret, used as it is written.
        form: The header, prefix and encoding of the platform.
        other_secrets: Other secrets, each under a name that may be shown, to recognise a mix-up.

    Raises:
        UnmetError: It does not; the text names the mistake as exactly as can be told.
    """
    if not secret:
        raise _unmet("no request to a webhook without a secret, as nothing is sent unsigned", "a request arrived.")
    given = _only(headers, form.header)
    key, encoding = secret.encode(), NAMES[form.encoding]
    if given == form.prefix + ENCODINGS[encoding](hmac.digest(key, body, hashlib.sha256)):
        return
    mac, slips = _without_prefix(given, form.prefix)
    keys = {"": key} | keys_by_mistake(secret, other_secrets or {})
    mistakes = mistakes_in(mac, encoding=encoding, keys=keys, contents={"": body} | contents_by_mistake(body))
    mac_of = f"<{encoding} HMAC-SHA256 of the exact body, keyed with the webhook's secret>"
    raise _unmet(f"{form.header}: {form.prefix}{mac_of}", _account(form.header, given, mac, slips, mistakes))


def verify_standard(headers: Headers, body: bytes, secret: str, arrived_at: float, *, tolerance: float = 5.0) -> None:
    """Check the three headers of Standard Webhooks, as a stock library would, and that the timestamp is the attempt's.

    Args:
        headers: Names and values as they arrived.
        body: The bytes as they arrived.
        secret: The webhook's secret; what follows `whsec_` is base64, any other is its own bytes.
        arrived_at: When the request arrived, in seconds since the epoch.
        tolerance: Seconds that the timestamp may be away from that.

    Raises:
        UnmetError: They are wrong; the text names the mistake as exactly as can be told.
    """
    headers = tuple(headers)
    identifier, timestamp = _only(headers, STANDARD_ID), _only(headers, STANDARD_TIME)
    _check_timestamp(timestamp, arrived_at, tolerance)
    signatures = _only(headers, STANDARD_SIGNATURE)
    head, key = f"{identifier}.{timestamp}.".encode("latin-1"), _standard_key(secret)
    right = STANDARD_PREFIX + base64.b64encode(hmac.digest(key, head + body, hashlib.sha256)).decode()
    if right in signatures.split(" "):
        return
    given = next((each for each in signatures.split(" ") if each.startswith(STANDARD_PREFIX)), signatures)
    mac, slips = _without_prefix(given, STANDARD_PREFIX)
    keys = {"": key, "the secret's own text": secret.encode()} | keys_by_mistake(secret, {})
    contents = {"": head + body, "the body alone": body, "no webhook-id": f"{timestamp}.".encode("latin-1") + body}
    contents |= {name: head + content for name, content in contents_by_mistake(body).items()}
    mistakes = mistakes_in(mac, encoding=BASE64, keys=keys, contents=contents)
    promise = f"{STANDARD_SIGNATURE}: {STANDARD_PREFIX}<base64 HMAC-SHA256 of id.timestamp.body>, among others perhaps"
    raise _unmet(promise, _account(STANDARD_SIGNATURE, given, mac, slips, mistakes))


def _only(headers: Headers, name: str) -> str:
    """Return the value of a header that must be there once and not be empty."""
    headers = tuple(headers)
    match [value.strip(" \t") for key, value in headers if key.lower() == name.lower()]:
        case [value] if value:
            return value
        case []:
            similar = [key for key, _ in headers if "signature" in key.lower()]
            seen = f"it is missing{f', but there is {similar}' if similar else ''}."
        case [_]:
            seen = "it is empty."
        case values:
            seen = f"it is there {len(values)} times: {values}."
    raise _unmet(f"one header {name}", seen)


def _check_timestamp(timestamp: str, arrived_at: float, tolerance: float) -> None:
    promise = f"{STANDARD_TIME}: the time of the attempt in whole seconds, at most {tolerance:g} s from its arrival"
    if not re.fullmatch(r"[0-9]+", timestamp):
        raise _unmet(promise, f"{timestamp!r} is no whole number.")
    if int(timestamp) >= MILLISECONDS:
        raise _unmet(promise, f"{timestamp} is in milliseconds, or finer.")
    age = arrived_at - int(timestamp)
    if abs(age) > tolerance:
        raise _unmet(promise, f"{timestamp} is {abs(age):.0f} s {'before' if age > 0 else 'after'} the arrival.")


def _standard_key(secret: str) -> bytes:
    if secret.startswith("whsec_"):
        text = secret.removeprefix("whsec_")
        try:
            return base64.b64decode(text + "=" * (-len(text) % 4), validate=True) or secret.encode()
        except binascii.Error:  # it only looks like such a secret
            return secret.encode()
    return secret.encode()


def _without_prefix(given: str, right: str) -> tuple[str, list[str]]:
    """Return the MAC in a signature, and what is wrong with its prefix."""
    prefix = _prefix_of(given, right)
    mac = given.removeprefix(prefix)
    if prefix == right:
        return mac, []
    if not right:
        return mac, [f"the prefix {prefix!r} in place of none"]
    return mac, [f"the prefix {prefix!r} in place of {right!r}" if prefix else f"the prefix {right!r} missing"]


def _prefix_of(given: str, right: str) -> str:
    """Return what a signature begins with: the right prefix in whatever case, or what is usual elsewhere."""
    head = given[: len(right)]
    if right and head.lower() == right.lower():
        return head
    usual = PREFIX.match(given)
    return usual[0] if usual else ""


def _account(header: str, given: str, mac: str, slips: list[str], mistakes: list[str] | None) -> str:
    if mistakes is not None:
        return f"{header}: {given!r} is right but for: {'; '.join([*slips, *mistakes])}."
    account = "; ".join([shape_of(mac), *slips])
    return f"{header}: {given!r} ({account}) is no MAC of what arrived under this webhook's key, nor a usual mistake."


def _unmet(expected: str, seen: str) -> UnmetError:
    return UnmetError(
        f"{expected}.", seen, "look at what signs a delivery, and at which bytes it is given.", hop="delivered"
    )
