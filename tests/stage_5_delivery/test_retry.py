"""RET-04 and RET-05: how often an event is posted, whatever goes wrong around it."""

import secrets
from contextlib import nullcontext

import pytest

from fixtures.journeys import Publish
from harness.addresses import Addresses
from harness.clients.row_trap import refusing_once
from harness.judges.outcomes import answered, must_answer
from harness.judges.records import agree
from harness.targets import Target
from harness.waiters import stays
from harness.webhooks import Webhooks

QUIET = 0.3
"""Seconds of silence after a run's end: more than any back-off of these tests, so a late POST would come in them."""

SILENCE = "silence after the last attempt."


@pytest.mark.requirement("RET-04")
def test_endpoint_that_always_fails_gets_exactly_its_attempts(webhooks: Webhooks, publish: Publish) -> None:
    """A webhook with 1, 2 or 5 attempts gets that many and then silence; its siblings' budgets are their own."""
    budgets = {str(most): {"maxAttempts": most, "backoffMs": 10} for most in (1, 2, 5)}
    endpoints = {most: webhooks.create(answers=[500], retry_config=budget) for most, budget in budgets.items()}

    journey = publish()

    expected = {most: [500] * int(most) for most in budgets}
    must_answer(journey, endpoints, expected)
    stays(lambda: answered(journey, endpoints), lambda seen: seen == expected, during=QUIET, promise=SILENCE)


@pytest.mark.requirement("RET-05")
def test_first_success_ends_the_attempts(webhooks: Webhooks, publish: Publish) -> None:
    """A webhook is not called again after its first 2xx, be that its first attempt or the last one left."""
    scripts = {"at once": [200], "second": [500, 200], "last": [500, 500, 201]}
    endpoints = {name: webhooks.create(answers=answers) for name, answers in scripts.items()}

    journey = publish()

    must_answer(journey, endpoints, scripts)
    stays(lambda: answered(journey, endpoints), lambda seen: seen == scripts, during=QUIET, promise=SILENCE)


@pytest.mark.requirement("RET-05")
def test_delivered_event_is_not_posted_again_for_its_siblings(webhooks: Webhooks, publish: Publish) -> None:
    """A webhook that answered 2xx gets no second POST while its siblings, older and younger, keep failing."""
    scripts = {"older": [500] * 3, "healthy": [200], "younger": [500] * 3}
    endpoints = {name: webhooks.create(answers=answers) for name, answers in scripts.items()}

    must_answer(publish(), endpoints, scripts)


@pytest.mark.requirement("RET-05")
def test_delivered_event_is_not_posted_again_when_recording_fails(
    webhooks: Webhooks, publish: Publish, stack: Addresses, target: Target
) -> None:
    """When the database refuses the row, or the webhook's status, of a success, there is one POST and later its row."""
    endpoints = {"unrecorded": webhooks.create(), "unshown": webhooks.create()}
    event_id = f"evt-{secrets.token_hex(8)}"
    row = {"event_id": event_id, "webhook_id": endpoints["unrecorded"].id, "status": "success"}
    shown = {"last_event_id": event_id, "webhook_id": endpoints["unshown"].id}
    shows = target.webhooks.column("last_event_id") is not None

    with (
        refusing_once(stack.dsn, target.deliveries, **row) as trap,
        refusing_once(stack.dsn, target.webhooks, **shown) if shows else nullcontext(),
    ):
        journey = publish(id=event_id)

        must_answer(journey, endpoints, {"unrecorded": [200], "unshown": [200]}, longer=target.timeouts.retry)
        for webhook in endpoints.values():
            agree(journey.attempts(webhook), journey.rows(webhook))
        trap.require_sprung()
