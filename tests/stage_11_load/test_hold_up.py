"""LOAD-03: an event in trouble keeps no other one waiting."""

from collections.abc import Sequence

import pytest

from fixtures.journeys import Publish
from harness.errors import Inconclusive, UnmetError
from harness.journey import Journey
from harness.receiver.answers import Hang
from harness.targets import Target
from harness.webhooks import Webhook, Webhooks

MARGIN = 4
"""How many times longer than a delivery takes the trouble must last, so that slow can be told from held up."""


@pytest.mark.requirement("LOAD-03")
def test_event_in_trouble_holds_up_no_other(webhooks: Webhooks, publish: Publish, target: Target) -> None:
    """While an event waits for an answer and for its next attempt, other events are delivered."""
    patience = target.timeouts.attempt
    healthy = webhooks.create("*")
    calm = _seconds(publish("claim/settled"), healthy)
    silent = webhooks.create(answers=[Hang(patience * 1.5), 200])
    failing = webhooks.create(answers=[500, 200], retry_config={"maxAttempts": 2, "backoffMs": int(patience * 1000)})
    troubled = publish()
    troubled.arrives(silent)

    others = [publish(), publish("claim/opened"), publish()]

    for other in others:
        other.arrives(healthy, within=10.0 + patience)
    for webhook in (silent, failing):
        troubled.arrives(webhook, times=2, within=10.0 + patience)
    trouble_ends = min(
        troubled.attempts(silent)[0].ended or float("inf"), troubled.attempts(failing)[1].monotonic
    )  # whichever is over first: until then both kept the dispatcher
    _must_arrive_before(trouble_ends, others, healthy, calm=calm)


def _seconds(journey: Journey, webhook: Webhook) -> float:
    """Return how long a delivery takes while nothing else goes on."""
    return journey.arrives(webhook)[0].at - journey.at


def _must_arrive_before(trouble_ends: float, others: Sequence[Journey], webhook: Webhook, *, calm: float) -> None:
    """Check that events were delivered to a webhook before a moment of the monotonic clock.

    Raises:
        UnmetError: One was not, though there was time for it.
        Inconclusive: One was not, and there was hardly time.
    """
    arrivals = [other.attempts(webhook)[0] for other in others]
    late = [arrival for arrival in arrivals if arrival.monotonic >= trouble_ends]
    lasted = trouble_ends - arrivals[0].monotonic + arrivals[0].at - others[0].at
    if late and lasted < MARGIN * calm:
        raise Inconclusive(
            f"trouble that lasts longer than {MARGIN} deliveries.",
            f"a delivery takes {calm:.2f} s, and the trouble was over {lasted:.2f} s after the next event.",
            "judge on a machine that is less busy; is timeouts.attempt of the target's file right?",
        )
    if late:
        raise UnmetError(
            "each event to be delivered while another one waits for an answer, and for its next attempt.",
            f"{len(late)} of {len(others)} arrived only when that was over, {lasted:.1f} s after they were published.",
            "see what limits the dispatcher to one delivery at a time: concurrency, a lock, a call that blocks.",
            hop="delivered",
        )
