"""ISO-01 to ISO-03 and ISO-08: what is wrong with one webhook, or changes at it, is no other webhook's business."""

import math
from collections.abc import Mapping
from contextlib import suppress
from typing import cast

import pytest

from fixtures.journeys import Publish
from harness.clients.inngest import LOOK_EVERY
from harness.errors import Inconclusive, UnmetError, shortened
from harness.journey import ENDS_WITHIN, Journey
from harness.judges.outcomes import must_answer, must_complete, must_have_answered
from harness.odd_webhooks import create_each
from harness.processes.ports import free_port
from harness.receiver.answers import Hang
from harness.targets import Target
from harness.waiters import OutOfTimeError, stays, until
from harness.webhooks import Webhook, Webhooks

ONCE, TWICE = {"maxAttempts": 1, "backoffMs": 20}, {"maxAttempts": 2, "backoffMs": 20}

UNUSABLE = {
    "no URL": "not a url",
    "no host": "http:///hook",
    "no such port": "http://127.0.0.1:99999/hook",
    "a file": "file:///etc/passwd",
    "ftp": "ftp://127.0.0.1/hook",
    "empty": "",
    "none": None,
}
"""URLs at which no dispatcher can deliver anything."""

RECORDED_WITHIN = 5.0
"""Seconds until the failure of a webhook with such a URL is recorded; it usually is at once."""

QUIET = 0.3
"""Seconds of silence after a run's end: more than any back-off of these tests, so a late attempt would come in them."""

BACKOFF_MS = 800
"""Milliseconds between two attempts in which a test changes the webhooks; that takes a few milliseconds."""


@pytest.mark.requirement("ISO-01")
def test_bad_webhooks_are_no_burden_to_their_siblings(webhooks: Webhooks, publish: Publish, target: Target) -> None:
    """A webhook gets its event once, and before slow siblings have answered, among dead and malformed ones too."""
    hang = Hang(target.timeouts.attempt * 1.5)  # longer than the dispatcher waits
    dead = f"http://127.0.0.1:{free_port()}/"
    slow = {"older": webhooks.create(answers=[hang], retry_config=ONCE)}
    for url in (dead, "not a url"):
        webhooks.create(url=url, retry_config=TWICE)
    scripts = {**{f"healthy {number}": [200] for number in range(5)}, "recovering": [500, 200]}
    healthy = {name: webhooks.create(answers=answers) for name, answers in scripts.items()}
    for url in ("not a url", dead):
        webhooks.create(url=url, retry_config=TWICE)
    slow["younger"] = webhooks.create(answers=[hang], retry_config=ONCE)

    journey = publish()

    for webhook in (*slow.values(), *healthy.values()):
        journey.arrives(webhook, within=ENDS_WITHIN + 2 * hang.delay)
    with suppress(UnmetError):  # a run that never ends is no sibling's burden; what it does meanwhile may be
        journey.ends(ENDS_WITHIN + hang.delay)
    must_have_answered(journey, healthy, scripts, longer=hang.delay)
    require_not_held_up(journey, healthy, slow)


@pytest.mark.requirement("ISO-02")
def test_webhook_that_gives_up_takes_no_attempt_from_another(webhooks: Webhooks, publish: Publish) -> None:
    """A webhook that recovers late gets all its attempts, though an older and a younger one gave up long before."""
    scripts = {"older": [500, 500], "recovering": [500, 500, 500, 200], "younger": [500, 500]}
    budgets = {"recovering": {"maxAttempts": 4, "backoffMs": 100}}
    endpoints = {
        name: webhooks.create(answers=answers, retry_config=budgets.get(name, TWICE))
        for name, answers in scripts.items()
    }

    must_answer(publish(), endpoints, scripts)


@pytest.mark.requirement("ISO-03")
def test_url_that_cannot_be_used_is_a_recorded_failure(webhooks: Webhooks, publish: Publish) -> None:
    """A malformed URL, another scheme or none is recorded as failed within its budget, and then there is silence."""
    cases = {name: {"url": url, "retry_config": TWICE} for name, url in UNUSABLE.items()}
    endpoints = create_each(webhooks, cases)

    journey = publish()

    require_failures(journey, endpoints)
    journey.ends()
    rows = {name: journey.rows(webhook, count=0, within=0) for name, webhook in endpoints.items()}
    assert {name: len(found) for name, found in rows.items() if len(found) > TWICE["maxAttempts"]} == {}
    stays(
        lambda: len(journey.recorded()),
        lambda count: count == sum(map(len, rows.values())),
        during=QUIET,
        promise="no further attempt at a URL that cannot be used.",
        every=LOOK_EVERY,
    )


@pytest.mark.requirement("ISO-08")
def test_webhook_that_comes_or_goes_breaks_no_run_under_way(webhooks: Webhooks, publish: Publish) -> None:
    """When a webhook is added and two are removed during a run, the others get all their attempts and it ends well."""
    patient = {"maxAttempts": 3, "backoffMs": BACKOFF_MS}
    served, waiting = webhooks.create(), webhooks.create(answers=[500], retry_config=patient)
    retried = webhooks.create(answers=[500, 200], retry_config=patient)
    kept = webhooks.create()
    journey = publish()
    for webhook in (served, waiting, retried, kept):
        journey.arrives(webhook)

    for webhook in (served, waiting):
        webhooks.delete(webhook)
    added = webhooks.create()
    if len(journey.attempts(retried)) > 1:
        raise Inconclusive(
            "webhooks to change while another waits for its second attempt.",
            f"it had been made {BACKOFF_MS} ms after the first.",
            "see RET-06, or whether this machine is overloaded.",
        )

    must_answer(journey, {"retried": retried, "kept": kept}, {"retried": [500, 200], "kept": [200]})
    must_complete(journey)
    assert len(journey.attempts(added)) <= 1


def require_not_held_up(journey: Journey, healthy: Mapping[str, Webhook], slow: Mapping[str, Webhook]) -> None:
    """Check that nobody's first attempt waited for the end of a slow one's.

    Raises:
        UnmetError: Some did.
    """
    ends = [attempt.ended for webhook in slow.values() for attempt in journey.attempts(webhook) if attempt.ended]
    first_end = min(ends, default=math.inf)
    waited = {name: journey.attempts(webhook)[0].monotonic - first_end for name, webhook in healthy.items()}
    late = [f"{name!r} came {seconds:.2f} s after it" for name, seconds in waited.items() if seconds > 0]
    if late:
        raise UnmetError(
            "every sibling's first attempt before a slow webhook's attempt is over.",
            f"{shortened(late)}.",
            "look for a loop that serves webhooks one by one, and for calls that block the dispatcher.",
            hop="delivered",
        )


def require_failures(journey: Journey, endpoints: Mapping[str, Webhook]) -> None:
    """Wait until each webhook's last row says that it failed without an answer.

    Raises:
        UnmetError: One's does not.
    """

    def unrecorded() -> list[str]:
        last = {name: journey.rows(webhook, count=0, within=0)[-1:] for name, webhook in endpoints.items()}
        told = {name: [(row.status, row.status_code) for row in rows] for name, rows in last.items()}
        return [f"{name!r} {rows or 'has no row'}" for name, rows in told.items() if rows != [("failed", None)]]

    try:
        until(unrecorded, lambda wrong: not wrong, within=journey.within(RECORDED_WITHIN), every=LOOK_EVERY)
    except OutOfTimeError as error:
        raise UnmetError(
            f"a failure without a code in the last row of each within {journey.within(RECORDED_WITHIN):g} s.",
            f"{'; '.join(cast('list[str]', error.last))}.",
            "record what is refused, or it is lost without a trace; a URL that is wrong stays wrong.",
            hop="recorded",
        ) from None
