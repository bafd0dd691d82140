"""SEC-01: in signed mode nobody publishes without the event key."""

import pytest

from fixtures.signed import Signed
from harness.events import STORED_WITHIN, stored_event
from harness.settings import Settings

pytestmark = pytest.mark.needs("signed_mode")


@pytest.mark.requirement("SEC-01")
def test_event_under_a_wrong_key_is_refused_and_not_stored(signed: Signed, settings: Settings) -> None:
    """An event that is published under a key that is not the server's is answered 401, and is nowhere afterwards."""
    inngest, refused = signed.clients.inngest, signed.publish.event("test/event")
    keys = ("wrong", signed.addresses.event_key[:-1], f"{signed.addresses.event_key}0", signed.addresses.signing_key)

    replies = [inngest.send(refused, key=key) for key in keys]

    sentinel = signed.publish("test/event")
    stored_event(sentinel, within=settings.within(STORED_WITHIN))
    assert [reply.status for reply in replies] == [401] * len(keys)
    assert refused["id"] not in {event["id"] for event in inngest.events(name="test/event")}
