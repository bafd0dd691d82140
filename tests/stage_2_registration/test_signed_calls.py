"""REG-05: in signed mode the dispatcher's functions run for Inngest alone."""

import pytest

from fixtures.signed import Signed
from harness.clients.calls import SIGNATURE, call_of, signature
from harness.errors import Inconclusive, UnmetError
from harness.journey import Journey
from harness.webhooks import Webhook

pytestmark = pytest.mark.needs("signed_mode")

FOREIGN_KEY = "f" * 64
OK, UNAUTHORIZED = range(200, 300), 401


@pytest.mark.requirement("REG-05")
def test_call_that_inngest_did_not_sign_is_refused_and_runs_nothing(signed: Signed) -> None:
    """A call that is unsigned, wrongly signed or tampered with is answered 401, and delivers nothing."""
    webhook = signed.webhooks.create("test/event")
    key, slug = signed.addresses.signing_key, signed.addresses.slug
    event = signed.publish.event("test/event")
    body = call_of(event)
    require_understood(signed, slug)

    answers = {
        how: signed.clients.dispatcher.call(slug, sent, headers).status_code
        for how, (sent, headers) in {
            "no signature": (body, {}),
            "an empty one": (body, {SIGNATURE: ""}),
            "no MAC": (body, {SIGNATURE: signature(body, key).partition("&")[0] + "&s="}),
            "another key": (body, {SIGNATURE: signature(body, FOREIGN_KEY)}),
            "another body": (call_of(signed.publish.event("test/event")), {SIGNATURE: signature(body, key)}),
            "another time": (body, {SIGNATURE: signature(body, key).replace("t=", "t=1")}),
        }.items()
    }

    assert answers == dict.fromkeys(answers, UNAUTHORIZED)
    sentinel = signed.publish("test/event")
    require_delivered(sentinel, webhook)
    assert {attempt.event_id for attempt in webhook.attempts} == {sentinel.id}


def require_understood(signed: Signed, slug: str) -> None:
    """Make sure that such a call is accepted when it is signed, or its refusal would show nothing.

    Raises:
        Inconclusive: It is refused all the same.
    """
    body = call_of(signed.publish.event("test/event", tenant="nobody"))
    answer = signed.clients.dispatcher.call(slug, body, {SIGNATURE: signature(body, signed.addresses.signing_key)})
    if answer.status_code not in OK:
        raise Inconclusive(
            "the dispatcher to accept a call that is signed with Inngest's key.",
            f"it answered {answer.status_code} {answer.text[:160]!r}.",
            "see whether it has that INNGEST_SIGNING_KEY, and INNGEST_DEV=0.",
        )


def require_delivered(sentinel: Journey, webhook: Webhook) -> None:
    """Make sure that an event which Inngest runs is delivered, or the silence about the others would show nothing.

    Raises:
        Inconclusive: It is not.
    """
    try:
        sentinel.ends()
        sentinel.arrives(webhook)
    except UnmetError as error:
        raise Inconclusive(
            "an event that Inngest itself runs to be delivered, after the calls that were refused.",
            error.seen,
            "see REG-02 and the stages that judge that hop.",
        ) from None
