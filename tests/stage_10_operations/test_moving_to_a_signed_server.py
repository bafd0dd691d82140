"""OPS-06: the platform moves to a server that checks keys and signs by its environment alone."""

import pytest

from fixtures.signed import Signed
from harness.clients.http import object_of
from harness.events import STORED_WITHIN, event_of
from harness.judges.records import agree
from harness.judges.signatures import Signatures
from harness.settings import Settings

pytestmark = pytest.mark.needs("signed_mode")


@pytest.mark.requirement("OPS-06")
def test_event_is_delivered_through_a_signed_server(signed: Signed, signatures: Signatures) -> None:
    """With keys in its environment and nothing else changed, the dispatcher is in cloud mode and delivers as ever."""
    webhook = signed.webhooks.create("policy/bound", answers=[500, 200])

    journey = signed.publish("policy/bound")

    journey.ends()
    attempts = journey.arrives(webhook, times=2)
    assert object_of(signed.clients.dispatcher.serve_endpoint()).get("mode") == "cloud"
    assert attempts.statuses == [500, 200]
    signatures.verify(attempts, webhook.secret)
    agree(attempts, journey.rows(webhook))


@pytest.mark.needs("kernel")
@pytest.mark.requirement("OPS-06")
def test_kernel_publishes_to_a_signed_server(signed: Signed, settings: Settings) -> None:
    """With the event key in its environment the kernel's events are accepted by the server, and stored."""
    answer = signed.clients.kernel.publish("test/event", {"message": "signed", "tenantId": signed.webhooks.tenant})

    assert answer.is_success, f"publishing answered {answer.status_code}: {answer.text[:200]}"
    event_id = str(object_of(answer).get("eventId"))
    event_of(signed.clients.inngest, event_id, names=["test/event"], within=settings.within(STORED_WITHIN))
