"""Faults of signing: what a delivery proves, to whom, and where the secret shows."""

import base64
import hmac
import json
import uuid
from collections.abc import Callable
from dataclasses import replace

from faults.catalogue import fault, with_parts
from faults.changes import with_attempter, with_header
from reference_dispatcher.app import Design
from reference_dispatcher.attempt import Attempter
from reference_dispatcher.parts import Parts
from reference_dispatcher.payload import DELIVERY_IDS
from reference_dispatcher.signature import HmacSigner
from reference_dispatcher.store import WebhookReader
from reference_dispatcher.values import Delivery, Envelope, Outcome, PublishedEvent, Request, Webhook

Sign = Callable[[str, bytes], str]
"""Makes the value of the signature's header from secret and body."""


def with_signature(design: Design, sign: Sign) -> Design:
    """Return the design with another Beema signature; the other headers stay as they are."""

    class Signer(HmacSigner):
        def sign(self, envelope: Envelope, webhook: Webhook) -> dict[str, str]:
            own = super().sign(envelope, webhook)
            return own | {"X-Beema-Signature": sign(webhook.secret or "", envelope.body)}

    return with_parts(design, lambda parts: replace(parts, signer=Signer()))


def with_time(design: Design, when: Callable[[Envelope], int]) -> Design:
    """Return the design that signs another time after the manner of Standard Webhooks."""

    class Signer(HmacSigner):
        def sign(self, envelope: Envelope, webhook: Webhook) -> dict[str, str]:
            return super().sign(replace(envelope, sent_at=when(envelope)), webhook)

    return with_parts(design, lambda parts: replace(parts, signer=Signer()))


def with_id(design: Design, identify: Callable[[str, int], str]) -> Design:
    """Return the design with other delivery ids, made from the ids of event and webhook."""
    return with_parts(design, lambda parts: replace(parts, identify=identify))


def mac(secret: str, body: bytes, algorithm: str = "sha256") -> "hmac.HMAC":
    """Return the MAC of a body."""
    return hmac.new(secret.encode(), body, algorithm)


def beema(secret: str, body: bytes) -> str:
    """Return the signature as it should be."""
    return f"sha256={mac(secret, body).hexdigest()}"


@fault("SIG-01", hop="delivered", stays_green=("REQ-02", "SIG-05"))
def body_dumped_anew_for_the_signature(design: Design) -> Design:
    """What is signed is the event written again, with other spaces than what is sent."""
    return with_signature(design, lambda secret, body: beema(secret, json.dumps(json.loads(body)).encode()))


@fault("SIG-01", hop="delivered", stays_green=("REQ-02", "SIG-05"))
def signed_with_sha1(design: Design) -> Design:
    """The signature is an HMAC with SHA-1."""
    return with_signature(design, lambda secret, body: f"sha256={mac(secret, body, 'sha1').hexdigest()}")


@fault("SIG-01", hop="delivered", stays_green=("REQ-02", "SIG-05"))
def signed_in_base64(design: Design) -> Design:
    """The signature is in base64."""
    return with_signature(
        design, lambda secret, body: f"sha256={base64.b64encode(mac(secret, body).digest()).decode()}"
    )


@fault("SIG-01", hop="delivered", stays_green=("REQ-02", "SIG-05"))
def signature_without_its_prefix(design: Design) -> Design:
    """The signature does not say that it is of SHA-256."""
    return with_signature(design, lambda secret, body: mac(secret, body).hexdigest())


@fault("SIG-01", hop="delivered", stays_green=("REQ-02", "SIG-05"))
def signature_in_capitals(design: Design) -> Design:
    """The digits of the signature are in upper case."""
    return with_signature(design, lambda secret, body: f"sha256={mac(secret, body).hexdigest().upper()}")


@fault("MAT-09", "SIG-02", hop="delivered", stays_green=("MAT-01", "REQ-02", "SIG-05"))
def secret_of_another(design: Design) -> Design:
    """Every delivery is signed with the secret of the tenant's first webhook."""

    class FirstSecret(WebhookReader):
        query = """
            SELECT webhook_id, url, enabled, headers, retry_config,
                   (SELECT secret FROM sys_webhooks first
                    WHERE first.tenant_id = mine.tenant_id ORDER BY webhook_id LIMIT 1) AS secret
            FROM sys_webhooks mine WHERE webhook_id = %(id)s
        """

    return with_parts(design, lambda parts: replace(parts, reader=FirstSecret(parts.database)))


@fault("SIG-01", "SIG-02", hop="delivered", stays_green=("REQ-02", "SIG-05"))
def secret_of_the_platform(design: Design) -> Design:
    """Everything is signed with one secret of the platform's own."""
    return with_signature(design, lambda _, body: beema("a-secret-of-all", body))


@fault("SIG-02", hop="delivered", stays_green=("SIG-01", "SIG-04"))
def secret_stripped(design: Design) -> Design:
    """White space around a secret is taken off."""
    return with_signature(design, lambda secret, body: beema(secret.strip(), body))


@fault("SIG-02", hop="delivered", stays_green=("SIG-01", "SIG-04"))
def secret_without_its_prefix(design: Design) -> Design:
    """The `whsec_` of a secret is taken for a mark and left out."""
    return with_signature(design, lambda secret, body: beema(secret.removeprefix("whsec_"), body))


@fault("SIG-02", hop="delivered", stays_green=("SIG-01", "SIG-04"))
def secret_in_ascii(design: Design) -> Design:
    """Letters of a secret that ASCII does not have are left out."""
    return with_signature(design, lambda secret, body: beema(secret.encode("ascii", "ignore").decode(), body))


@fault("SIG-03", hop="delivered", stays_green=("SIG-01", "SIG-02"))
def empty_secret_used(design: Design) -> Design:
    """Without a secret the delivery is signed with the empty one, which anybody knows."""

    class Signer(HmacSigner):
        def sign(self, envelope: Envelope, webhook: Webhook) -> dict[str, str]:
            if webhook.secret:
                return super().sign(envelope, webhook)
            return {"X-Beema-Signature": beema("", envelope.body)}

    return with_parts(design, lambda parts: replace(parts, signer=Signer()))


@fault("SIG-03", hop="delivered", stays_green=("SIG-01", "SIG-02"))
def unsigned_without_a_secret(design: Design) -> Design:
    """Without a secret the delivery is sent unsigned."""

    class Signer(HmacSigner):
        def sign(self, envelope: Envelope, webhook: Webhook) -> dict[str, str]:
            return super().sign(envelope, webhook) if webhook.secret else {}

    return with_parts(design, lambda parts: replace(parts, signer=Signer()))


@fault("SIG-03", hop="recorded", stays_green=("SIG-01", "SIG-02"))
def passed_over_without_a_secret(design: Design) -> Design:
    """A webhook without a secret is passed over, and no row says so."""

    def change(parts: Parts) -> Parts:
        class Choosing:
            async def match(self, event: PublishedEvent, tenant: str) -> list[int]:
                webhooks = [await parts.reader.read(each) for each in await parts.matcher.match(event, tenant)]
                return [each.webhook_id for each in webhooks if each and each.secret]

        return replace(parts, matcher=Choosing())

    return with_parts(design, change)


@fault("SIG-04", hop="delivered", stays_green=("SIG-01", "SIG-02"))
def retries_unsigned(design: Design) -> Design:
    """The first attempt alone is signed."""

    class Unsigned:
        def sign(self, *_: object) -> dict[str, str]:
            return {}

    class Forgetting(Attempter):
        async def make(self, delivery: Delivery, number: int, earlier: Outcome | None = None) -> Outcome:
            parts = self.parts if number == 1 else replace(self.parts, signer=Unsigned())
            return await Attempter(parts).make(delivery, number, earlier)

    return with_attempter(design, Forgetting)


@fault("SIG-05", hop="delivered", stays_green=("SIG-01", "SIG-04"))
def new_id_for_each_attempt(design: Design) -> Design:
    """The delivery's id is made inside the step that is retried."""

    class Renaming(Attempter):
        def request(self, delivery: Delivery, webhook: Webhook) -> Request:
            return with_header(super().request(delivery, webhook), "X-Beema-Delivery", str(uuid.uuid4()))

    return with_attempter(design, Renaming)


@fault("SIG-05", hop="delivered", stays_green=("SIG-01", "SIG-04"))
def one_id_for_all(design: Design) -> Design:
    """All deliveries have the same id."""
    return with_id(design, lambda *_: str(DELIVERY_IDS))


@fault("SIG-05", hop="delivered", stays_green=("SIG-01", "SIG-04"))
def id_of_the_event(design: Design) -> Design:
    """The deliveries of one event share an id."""
    return with_id(design, lambda event, _: str(uuid.uuid5(DELIVERY_IDS, event)))


@fault("SIG-05", hop="delivered", stays_green=("SIG-01", "SIG-04"))
def id_of_the_webhook(design: Design) -> Design:
    """The deliveries at one webhook share an id."""
    return with_id(design, lambda _, webhook: str(uuid.uuid5(DELIVERY_IDS, str(webhook))))


@fault("SIG-05", hop="delivered", stays_green=("SIG-01", "SIG-04"))
def id_that_is_no_uuid(design: Design) -> Design:
    """The delivery's id is made of two ids, and no UUID."""
    return with_id(design, lambda event, webhook: f"{event}:{webhook}")


@fault("SIG-06", hop="delivered", stays_green=("SIG-01", "SIG-05"))
def standard_time_in_milliseconds(design: Design) -> Design:
    """The timestamp of Standard Webhooks is in milliseconds."""
    return with_time(design, lambda envelope: envelope.sent_at * 1000)


@fault("SIG-06", hop="delivered", stays_green=("SIG-01", "SIG-05"))
def standard_time_of_the_event(design: Design) -> Design:
    """The timestamp of Standard Webhooks is that of the event."""
    return with_time(design, lambda envelope: int(json.loads(envelope.body)["timestamp"]) // 1000)


@fault("SIG-06", hop="delivered", stays_green=("SIG-01", "SIG-05"))
def standard_time_kept(design: Design) -> Design:
    """The timestamp of Standard Webhooks is that of the first attempt."""
    first: dict[str, int] = {}
    return with_time(design, lambda envelope: first.setdefault(envelope.delivery_id, envelope.sent_at))


@fault("SIG-06", hop="delivered", stays_green=("SIG-01", "SIG-05"))
def standard_signature_of_the_body_alone(design: Design) -> Design:
    """The signature of Standard Webhooks leaves out id and timestamp."""

    class Signer(HmacSigner):
        def sign(self, envelope: Envelope, webhook: Webhook) -> dict[str, str]:
            signature = base64.b64encode(mac(webhook.secret or "", envelope.body).digest()).decode()
            return super().sign(envelope, webhook) | {"webhook-signature": f"v1,{signature}"}

    return with_parts(design, lambda parts: replace(parts, signer=Signer()))


@fault("SIG-08", hop="delivered", stays_green=("SIG-01", "SIG-04"))
def secret_remembered(design: Design) -> Design:
    """A secret is read once and remembered, so that a rotated one is not used."""
    known: dict[int, str | None] = {}

    class Remembering(WebhookReader):
        async def read(self, webhook_id: int) -> Webhook | None:
            webhook = await super().read(webhook_id)
            return webhook and replace(webhook, secret=known.setdefault(webhook_id, webhook.secret))

    return with_parts(design, lambda parts: replace(parts, reader=Remembering(parts.database)))
