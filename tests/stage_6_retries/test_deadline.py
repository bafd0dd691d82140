"""RET-10: an attempt has one deadline, whatever the receiver does to keep it alive."""

from collections.abc import Iterator
from contextlib import closing
from functools import partial

import pytest

from fixtures.journeys import Publish
from harness.errors import UnmetError, shortened
from harness.journey import ENDS_WITHIN, Journey
from harness.receiver.answers import Answer, Hang, Script
from harness.receiver.placing import placed_silence
from harness.receiver.silent import SilentPort
from harness.receiver.streams import BodyDrip, HeaderDrip, SlowParts
from harness.settings import Settings
from harness.targets import Target
from harness.webhooks import Webhook, Webhooks

GRACE = 1.5
"""Seconds after the deadline in which the dispatcher must have hung up."""

IN_TIME = 0.7
"""The part of its time after which an answer is still in time, on a busy machine too."""

BEYOND_WORKERS = 101
"""A place that no process of the run has, nor another test."""

ONCE = {"maxAttempts": 1}


@pytest.fixture
def silence(settings: Settings, target: Target) -> Iterator[SilentPort]:
    """A port that takes no connection."""
    with closing(placed_silence(settings, target, place=BEYOND_WORKERS)) as silence:
        yield silence.start()


@pytest.mark.requirement("RET-10")
def test_attempt_has_one_deadline(
    webhooks: Webhooks, publish: Publish, silence: SilentPort, settings: Settings, target: Target
) -> None:
    """Whoever keeps the dispatcher waiting, at any point or byte by byte, fails when the time is over, not before."""
    deadline = target.timeouts.attempt
    endpoints = {name: webhooks.create(answers=[answer], retry_config=ONCE) for name, answer in waits(deadline).items()}
    unheard = webhooks.create(url=silence.url(), retry_config=ONCE)
    slow = webhooks.create(answers=[Answer(200, delay=IN_TIME * deadline)], retry_config=ONCE)

    journey = publish()

    patience = deadline + settings.within(GRACE)
    must_hang_up(journey, endpoints, patience)
    every = endpoints | {"before accept": unheard, "in time": slow}
    journey.ends(ENDS_WITHIN + deadline * len(every))
    last = {name: [row.status for row in journey.rows(webhook, count=1)] for name, webhook in every.items()}
    assert last == {name: ["failed"] for name in every} | {"in time": ["success"]}
    assert journey.attempts(slow).statuses == [200]


def waits(deadline: float) -> dict[str, Script]:
    """Return what keeps a dispatcher waiting for longer than its deadline, by where it does."""
    long, often = 2 * deadline + 2 * GRACE, deadline / 8
    return {
        "before the headers": Hang(long),
        "within the headers": HeaderDrip(lasts=long, every=often),
        "within the body": BodyDrip(lasts=long, every=often),
        "headers and body": SlowParts(each=0.7 * deadline),
    }


def must_hang_up(journey: Journey, webhooks: dict[str, Webhook], patience: float) -> None:
    """Check that the dispatcher ends each attempt within its time; one may begin only when another is over."""
    for webhook in webhooks.values():
        journey.arrives(webhook, within=ENDS_WITHIN + patience * len(webhooks))
        webhook.receiver.wait_for(partial(is_over, webhook), within=patience)
    if late := [name for name, webhook in webhooks.items() if seconds(webhook) > patience]:
        raise UnmetError(
            f"every attempt to be given up within {patience:g} s.",
            f"the dispatcher was still there when it had to wait {shortened(late)}.",
            "give the attempt as a whole one deadline, not its parts; see timeouts.attempt of the target's file.",
            hop="delivered",
        )


def is_over(webhook: Webhook, _: object) -> bool:
    """Tell whether the dispatcher waits no more."""
    return webhook.attempts[0].ended is not None


def seconds(webhook: Webhook) -> float:
    """Return how long the dispatcher waited for an answer; without an end as long as it still does."""
    return webhook.attempts[0].seconds or float("inf")
