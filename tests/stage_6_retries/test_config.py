"""RET-12: what people write into `retry_config`."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from fixtures.journeys import Publish
from harness.errors import Inconclusive, UnmetError
from harness.journey import ENDS_WITHIN, Journey
from harness.judges.gaps import TICK, backoffs, must_keep
from harness.judges.outcomes import ARRIVE_WITHIN, must_answer, must_complete
from harness.odd_webhooks import create_each
from harness.settings import Settings
from harness.waiters import OutOfTimeError, until
from harness.webhooks import Webhook, Webhooks

DEFAULT_ATTEMPTS, DEFAULT_BACKOFF = 3, 1000
"""What the contract's own default says."""

SHAPELESS: dict[str, Any] = {
    "SQL null": None,
    "null": "null",
    "{}": {},
    "array": "[5, 10]",
    "number": "7",
    "text": '"often"',
}
"""Values that say neither how often nor how fast."""

ATTEMPTS: Mapping[str, tuple[Any, set[int]]] = {
    "no maxAttempts": (..., {DEFAULT_ATTEMPTS}),
    "null": (None, {DEFAULT_ATTEMPTS}),
    "text": ("many", {DEFAULT_ATTEMPTS}),
    "array": ([5], {DEFAULT_ATTEMPTS}),
    "0": (0, {1, DEFAULT_ATTEMPTS}),
    "negative": (-3, {1, DEFAULT_ATTEMPTS}),
}
"""Values of `maxAttempts`, and how many attempts may come of them: by default, or by the nearest legal value."""

BACKOFFS = {"missing": ..., "null": None, "text": "soon", "negative": -1000, "0": 0}
CLAMPED = {"backoffMs negative", "backoffMs 0"}
"""Those of which no wait at all may come as well."""

LIMITLESS = {"at once": {"maxAttempts": 10**9, "backoffMs": 0}, "1 ms": {"maxAttempts": 10**9, "backoffMs": 1}}

MOST_ATTEMPTS = 30
"""More than any limit that makes sense: a back-off of one millisecond has then doubled to six days."""

RESTS_WITHIN = 2 * ENDS_WITHIN
"""Seconds in which so many attempts without a back-off are made, or fewer are over."""


@pytest.mark.requirement("RET-12")
def test_bad_backoff_gets_the_default(webhooks: Webhooks, publish: Publish, settings: Settings) -> None:
    """A `retry_config` without a back-off that makes sense means one second; siblings are not disturbed."""
    configs = SHAPELESS | {f"backoffMs {name}": config(backoffMs=value) for name, value in BACKOFFS.items()}
    odd = create_each(webhooks, {name: {"answers": [500, 200], "retry_config": each} for name, each in configs.items()})
    healthy = {"healthy": webhooks.create()}

    journey = publish()

    default = backoffs(DEFAULT_BACKOFF, 2, tick=settings.within(TICK))
    at_once = [replace(gap, least=0.0) for gap in default]
    must_keep(journey, odd, {name: at_once if name in CLAMPED else default for name in odd})
    must_answer(journey, odd | healthy, {name: [500, 200] for name in odd} | {"healthy": [200]})
    must_complete(journey)


@pytest.mark.requirement("RET-12")
def test_bad_max_attempts_gets_the_default_or_the_least(webhooks: Webhooks, publish: Publish) -> None:
    """`maxAttempts` that is no number means three attempts, and one that is too low means these or a single one."""
    cases = {
        name: {"answers": [500], "retry_config": config(maxAttempts=value, backoffMs=20)}
        for name, (value, _) in ATTEMPTS.items()
    }
    odd = create_each(webhooks, cases)

    journey = publish()

    must_complete(journey)
    wrong = until_legal(journey, odd)
    assert wrong == {}


@pytest.mark.requirement("RET-12")
def test_attempts_are_limited(webhooks: Webhooks, publish: Publish) -> None:
    """A thousand million attempts are not made, however small the back-off."""
    cases = {name: {"answers": [500], "retry_config": given} for name, given in LIMITLESS.items()}
    greedy = create_each(webhooks, cases)

    journey = publish()

    must_come_to_rest(journey, greedy)


def config(**fields: Any) -> dict[str, Any]:
    """Return a `retry_config` without the fields that are left open."""
    return {name: value for name, value in fields.items() if value is not ...}


def until_legal(journey: Journey, webhooks: Mapping[str, Webhook]) -> dict[str, int]:
    """Wait a moment until each webhook has got as many attempts as it may, and return the numbers that are wrong."""

    def wrong() -> dict[str, int]:
        counts = {name: len(journey.attempts(webhook)) for name, webhook in webhooks.items()}
        return {name: count for name, count in counts.items() if count not in ATTEMPTS[name][1]}

    receiver = next(iter(webhooks.values())).receiver
    receiver.wait_for(lambda _: not wrong(), within=journey.within(ARRIVE_WITHIN))
    return wrong()


def must_come_to_rest(journey: Journey, webhooks: Mapping[str, Webhook]) -> None:
    """Wait until the attempts are over, or are too many.

    Raises:
        UnmetError: They are too many.
        Inconclusive: They are few, but there may be more to come.
    """

    def most() -> int:
        return max(len(journey.attempts(webhook)) for webhook in webhooks.values())

    def at_rest() -> bool:
        """Tell whether runs and deliveries are over: a run need not wait for the deliveries that it has begun."""
        runs, last = journey.runs(), {row.webhook_id: row.status for row in journey.recorded()}
        return bool(runs) and all(run.ended for run in runs) and "retrying" not in last.values()

    for webhook in webhooks.values():
        journey.arrives(webhook)
    try:
        until(lambda: most() > MOST_ATTEMPTS or at_rest(), within=journey.within(RESTS_WITHIN))
    except OutOfTimeError:
        raise Inconclusive(
            f"the last attempt within {journey.within(RESTS_WITHIN):g} s.",
            f"{most()} attempts so far, and it is not over: the limit is too high to wait for.",
            "look up what the dispatcher makes of maxAttempts, and waive RET-12 if there is a limit.",
        ) from None
    if most() > MOST_ATTEMPTS:
        raise UnmetError(
            f"a limit to the attempts, of {MOST_ATTEMPTS} at most.",
            f"{most()} attempts, and the event is not at rest.",
            "clamp maxAttempts where retry_config is read.",
            hop="delivered",
        )
