"""RET-09 and RET-13: attempts that nobody wants any more."""

import time
from collections.abc import Callable, Mapping, Sequence

import pytest

from fixtures.journeys import Publish
from harness.clients.rows import Rows
from harness.errors import Inconclusive
from harness.journey import ENDS_WITHIN, Journey
from harness.judges.outcomes import answered, must_answer, must_complete
from harness.receiver.answers import Answer
from harness.waiters import OutOfTimeError, stays, until
from harness.webhooks import Webhook, Webhooks

QUIET = 0.3
"""Seconds of silence after the sentinel's last attempt, which was due at the same time as those that must not come."""

IN_FLIGHT = 0.3
"""Seconds that a request takes during which its webhook goes away."""

SILENCE = "no attempt that nobody wants."
GONE = {"maxAttempts": 3, "backoffMs": 2000}
BEFORE_THE_NEXT = 1.8
"""Seconds after an attempt until which the next one can't have begun."""

SHOWN_WITHIN = 2.0
"""Seconds in which an attempt must have its row, and a webhook's own row show that it is disabled."""


@pytest.mark.requirement("RET-09")
def test_gone_ends_the_attempts_and_disables_that_webhook(webhooks: Webhooks, publish: Publish, rows: Rows) -> None:
    """A 410, be it the first answer or a later one, is the last; that webhook alone is off, and gets no later event."""
    scripts = {"older": [500, 200, 200], "first": [410], "second": [500, 410], "404": [404] * 3, "healthy": [200, 200]}
    endpoints = {name: webhooks.create(answers=answers) for name, answers in scripts.items()}
    gone = {"first", "second"}

    journey = publish()

    must_answer(journey, endpoints, scripts | {"older": [500, 200], "healthy": [200]})
    must_complete(journey)
    within = journey.within(SHOWN_WITHIN)
    assert {name for name in endpoints if is_off(rows, endpoints[name], within=within * (name in gone))} == gone
    later = publish()
    must_answer(later, endpoints, {"older": [200], "404": [404] * 3, "healthy": [200], "first": [], "second": []})


@pytest.mark.requirement("RET-13")
def test_webhook_that_goes_away_between_attempts_gets_no_more(webhooks: Webhooks, publish: Publish) -> None:
    """A webhook disabled or deleted between attempts, or during one, gets no further one, and the run ends well."""
    waiting, in_flight = Answer(500), Answer(500, delay=IN_FLIGHT)
    endpoints = {
        name: webhooks.create(answers=[first, 200], retry_config=GONE)
        for name, first in {
            "disabled in flight": in_flight,
            "deleted in flight": in_flight,
            "disabled": waiting,
            "deleted": waiting,
            "sentinel": in_flight,
        }.items()
    }

    journey = publish()
    leaving = [name for name in endpoints if name != "sentinel"]
    while leaving:
        name = first_to_arrive(journey, endpoints, leaving)
        take_away(webhooks, journey, endpoints[name], name)
        leaving.remove(name)

    expected = {name: [500] for name in endpoints} | {"sentinel": [500, 200]}
    must_answer(journey, endpoints, expected)
    must_complete(journey)
    stays(lambda: answered(journey, endpoints), lambda seen: seen == expected, during=QUIET, promise=SILENCE)


def is_off(rows: Rows, webhook: Webhook, *, within: float) -> bool:
    """Tell whether a webhook is disabled, be it after some seconds."""
    try:
        until(lambda: not rows.webhook_status(webhook.id).enabled, within=within)
    except OutOfTimeError:
        return False
    return True


def first_to_arrive(journey: Journey, webhooks: Mapping[str, Webhook], names: Sequence[str]) -> str:
    """Wait until one of the webhooks has its first attempt, and return its name; which is the first is not promised."""
    first = webhooks[names[0]]
    arrived = first.receiver.wait_for(
        lambda _: any(journey.attempts(webhooks[name]) for name in names), within=journey.within(ENDS_WITHIN)
    )
    return next(name for name in names if journey.attempts(webhooks[name]) or not arrived)


def take_away(webhooks: Webhooks, journey: Journey, webhook: Webhook, name: str) -> None:
    """Disable or delete a webhook after its first attempt; one that is in flight has no row yet.

    Raises:
        Inconclusive: We were too slow, or nothing told when the first attempt was over.
    """
    [first, *_] = journey.arrives(webhook)
    if "in flight" not in name:
        require_recorded(journey, webhook)
    change: Callable[[], object] = {
        "disabled": lambda: webhooks.update(webhook, enabled=False),
        "deleted": lambda: webhooks.delete(webhook),
    }[name.split(maxsplit=1)[0]]
    change()
    if (late := time.monotonic() - first.monotonic) > BEFORE_THE_NEXT:
        raise Inconclusive(
            f"a webhook {name} before its second attempt.", f"{late:.2f} s later.", "judge on a faster machine."
        )


def require_recorded(journey: Journey, webhook: Webhook) -> None:
    """Wait for the row of a webhook's first attempt, by which it is over.

    Raises:
        Inconclusive: There is none; that is for REC-01 to judge.
    """
    try:
        until(lambda: webhook.id in {row.webhook_id for row in journey.recorded()}, within=SHOWN_WITHIN)
    except OutOfTimeError:
        raise Inconclusive(
            "a row of the first attempt before the second one is due.",
            f"none for webhook {webhook.id} within {SHOWN_WITHIN:g} s.",
            "see REC-01; a dispatcher that records later can't be caught between two attempts.",
        ) from None
