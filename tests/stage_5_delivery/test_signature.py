"""SIG-01 to SIG-08: who signed a request, with what, and where the secret must not show."""

import base64
import re
import secrets
import time
from itertools import chain

import pytest

from fixtures.journeys import Publish
from harness.addresses import Addresses
from harness.clients.inngest import InngestClient
from harness.clients.rows import Rows
from harness.errors import Inconclusive
from harness.judges import leaks
from harness.judges.payloads import TELLING
from harness.judges.signatures import Signatures, verify_standard
from harness.logs import read_logs
from harness.odd_webhooks import Columns, create_each, delivered_or_refused
from harness.processes.ports import free_port
from harness.receiver.answers import Reset
from harness.targets import Target
from harness.webhooks import Webhooks

TOKEN = secrets.token_hex(12)
ODD_SECRETS: Columns = {
    "plain": {"secret": f"plain-{TOKEN}"},
    "unicode": {"secret": f"žluťoučký-🔑-{TOKEN}"},
    "whsec_": {"secret": f"whsec_{base64.b64encode(TOKEN.encode()).decode()}"},
    "trailing space": {"secret": f"trailing-{TOKEN} "},
    "leading space": {"secret": f" leading-{TOKEN}"},
    "hex": {"secret": f"0x{TOKEN}"},
    "longer than a block": {"secret": TOKEN * 5},
    "upper case": {"secret": f"UPPER-{TOKEN}"},
}
"""Secrets that are used as they are written, whatever they look like."""

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

NO_SECRET: Columns = {"empty": {"secret": ""}, "NULL": {"secret": None}}

WHOLE_SECOND = 1.0
"""Gap from which on two timestamps in whole seconds must differ, if each is that of its attempt."""

TIME_TO_ROTATE = 0.1
"""Seconds before an attempt by which a change must have been made to count for it without doubt."""


@pytest.mark.requirement("SIG-01")
def test_signature_is_made_over_the_bytes_that_arrive(
    webhooks: Webhooks, publish: Publish, signatures: Signatures
) -> None:
    """The signature verifies over the exact body, with its spaces, its unicode, and with no data at all."""
    webhook = webhooks.create()

    journeys = [publish(data=TELLING), publish(data={"text": "spaces : , and ünïcödé 🚀"}), publish(data={})]

    for journey in journeys:
        signatures.verify(journey.arrives(webhook), webhook.secret)


@pytest.mark.requirement("SIG-02")
def test_key_is_the_webhooks_own_secret_as_written(
    webhooks: Webhooks, publish: Publish, signatures: Signatures
) -> None:
    """Each webhook's deliveries are signed with its own secret, letter by letter as it is stored."""
    owners = create_each(webhooks, ODD_SECRETS)

    journey = publish()

    for case, webhook in owners.items():
        others = {f"the webhook {name!r}": other.secret for name, other in owners.items() if name != case}
        signatures.verify(journey.arrives(webhook), webhook.secret, others)


@pytest.mark.requirement("SIG-03")
def test_webhook_without_a_secret_gets_no_request(webhooks: Webhooks, publish: Publish) -> None:
    """An empty or missing secret is refused and recorded as failed; not even an unsigned request is sent."""
    sibling = webhooks.create()
    without = create_each(webhooks, NO_SECRET)

    journey = publish()
    journey.ends()
    sentinel = publish()
    sentinel.arrives(sibling)
    sentinel.ends()

    sent = {case: [attempt.target for attempt in webhook.attempts] for case, webhook in without.items()}
    assert sent == {case: [] for case in without}
    for webhook in without.values():
        delivered_or_refused(journey, webhook)


@pytest.mark.requirement("SIG-04")
def test_every_attempt_is_signed(webhooks: Webhooks, publish: Publish, signatures: Signatures) -> None:
    """Each retry carries a signature of its own that verifies, as the first attempt does."""
    refused, cut_off = webhooks.create(answers=[500, 503, 200]), webhooks.create(answers=[Reset(), Reset(), 200])

    journey = publish(data=TELLING)

    for webhook in (refused, cut_off):
        signatures.verify(journey.arrives(webhook, times=3), webhook.secret)


@pytest.mark.requirement("SIG-05")
def test_delivery_id_belongs_to_one_event_and_webhook(webhooks: Webhooks, publish: Publish, target: Target) -> None:
    """All attempts of an event at a webhook share one UUID, which no other event or webhook has."""
    endpoints = [webhooks.create(answers=[500]), webhooks.create(answers=[500])]

    journeys = [publish(), publish()]

    ids = [
        sorted({attempt.headers_named(target.headers.delivery) for attempt in journey.arrives(webhook, times=3)})
        for journey in journeys
        for webhook in endpoints
    ]
    assert [len(each) for each in ids] == [1, 1, 1, 1], f"the ids of each of four deliveries: {ids}"
    every = [values for each in ids for values in each]
    assert len(set(every)) == 4, f"the ids of four deliveries: {every}"
    assert [values for values in every if len(values) != 1 or not UUID.fullmatch(values[0])] == []


@pytest.mark.requirement("SIG-06")
def test_standard_webhooks_headers_verify(webhooks: Webhooks, publish: Publish) -> None:
    """A stock library accepts every attempt: id, the attempt's own time in seconds, and signature."""
    key = f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"
    plain, standard = webhooks.create(answers=[500, 200]), webhooks.create(answers=[500, 200], secret=key)
    an_hour_ago = int(time.time() * 1000) - 3_600_000

    journey = publish(ts=an_hour_ago, data=TELLING)

    for webhook in (plain, standard):
        attempts = journey.arrives(webhook, times=2)
        for attempt in attempts:
            verify_standard(attempt.headers, attempt.body, str(webhook.secret), attempt.at)
        assert len({attempt.header("webhook-id") for attempt in attempts}) == 1


@pytest.mark.requirement("SIG-06")
def test_standard_webhooks_timestamp_is_of_the_attempt(webhooks: Webhooks, publish: Publish) -> None:
    """A retry more than a second later has a later timestamp, and a signature over that."""
    webhook = webhooks.create(answers=[500, 200], retry_config={"maxAttempts": 2, "backoffMs": 1100})

    first, second = publish().arrives(webhook, times=2)[:2]

    require_gap(second.monotonic - first.monotonic, WHOLE_SECOND)
    verify_standard(second.headers, second.body, str(webhook.secret), second.at)
    assert first.header("webhook-timestamp") != second.header("webhook-timestamp")


@pytest.mark.requirement("SIG-07")
def test_secret_shows_nowhere(
    webhooks: Webhooks, publish: Publish, inngest: InngestClient, rows: Rows, stack: Addresses, target: Target
) -> None:
    """A secret is in no request, row, log, event, step or run output, whether the delivery goes well or badly."""
    once = {"maxAttempts": 1, "backoffMs": 20}
    endpoints = {
        "a webhook that is retried": webhooks.create(answers=[500, 200]),
        "a webhook that answers nothing": webhooks.create(answers=[Reset()], retry_config=once),
        "a webhook that cannot be reached": webhooks.create(url=f"http://127.0.0.1:{free_port()}/", retry_config=once),
        "a webhook with odd headers": webhooks.create(headers={"X-A": 7}, retry_config=once),
    }

    journey = publish()
    journey.ends()
    for webhook, count in zip(endpoints.values(), (2, 1, 1, 1), strict=True):
        journey.rows(webhook, count=count)  # at rest, also where deliveries are runs of their own

    attempts = chain.from_iterable(journey.attempts(webhook) for webhook in endpoints.values())
    secrets = {f"the secret of {which}": str(webhook.secret) for which, webhook in endpoints.items()}
    leaks.require_none(
        secrets,
        chain(
            leaks.in_runs(inngest, journey),
            leaks.in_requests(attempts),
            leaks.in_rows(rows, endpoints.values()),
            leaks.in_events(inngest),
        ),
    )
    leaks.require_none(secrets, leaks.in_logs(read_logs(stack, target)))


@pytest.mark.requirement("SIG-08")
def test_rotated_secret_signs_the_next_attempt(webhooks: Webhooks, publish: Publish, signatures: Signatures) -> None:
    """A secret that is changed between two attempts signs the second, and the old one no longer does."""
    webhook = webhooks.create(answers=[500, 200], retry_config={"maxAttempts": 2, "backoffMs": 1000})

    journey = publish()
    journey.arrives(webhook)
    rotated = webhooks.update(webhook, secret=f"rotated-{secrets.token_hex(8)}")
    rotated_at = time.monotonic()
    first, second = journey.arrives(webhook, times=2)[:2]

    require_gap(second.monotonic - rotated_at, TIME_TO_ROTATE)
    signatures.verify([first], webhook.secret, {"this webhook after its rotation": rotated.secret})
    signatures.verify([second], rotated.secret, {"this webhook before its rotation": webhook.secret})


def require_gap(seconds: float, least: float) -> None:
    """Make sure that an attempt came late enough to tell something.

    Raises:
        Inconclusive: It came too early.
    """
    if seconds < least:
        raise Inconclusive(
            f"the next attempt to wait for its back-off, {least:g} s here at the very least.",
            f"it came after {seconds:.3f} s.",
            "see whether the dispatcher takes `backoffMs` from the webhook's retry_config.",
        )
