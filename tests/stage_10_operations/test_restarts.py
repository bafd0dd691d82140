"""OPS-03: what Inngest stores stays where it is promised, and goes where that is asked for."""

import pytest

from fixtures.platforms import OwnPlatform
from harness.errors import Inconclusive
from harness.events import STORED_WITHIN, require_forgotten, stored_event
from harness.journey import Journey
from harness.settings import Settings
from harness.stack import RunningStack
from harness.targets import Target
from harness.waiters import OutOfTimeError, until

SYNC_WITHIN = 10.0
"""Seconds for a sync: two polling intervals of the real server."""


@pytest.mark.requirement("OPS-03")
def test_store_outlives_a_restart_and_not_its_clearing(
    own: OwnPlatform, kept_stack: RunningStack, target: Target, settings: Settings
) -> None:
    """Event and run can be read after a restart; after the clearing they are gone, and new events are delivered."""
    inngest, engine, webhook = own.clients.inngest, kept_stack.engine, own.webhooks.create()
    before = own.publish()
    stored_event(before, within=settings.within(STORED_WITHIN))
    run = before.ends()

    engine.stop()
    engine.start()

    require_promised(before, target)
    assert before.stored(), "the restart lost the event"
    assert inngest.run(run.id).status == run.status

    engine.clear()
    engine.start()

    require_forgotten(inngest, before.inngest_id)
    require_registered(own, settings)
    own.publish().arrives(webhook, within=SYNC_WITHIN)


def require_promised(journey: Journey, target: Target) -> None:
    """Make sure that somebody's Inngest keeps its store at all: only its owner knows what its mode promises.

    Raises:
        Inconclusive: It does not.
    """
    if target.is_running and not journey.stored():
        raise Inconclusive(
            "an Inngest that keeps its store over a restart.",
            f"{journey.event['name']} {journey.id} is gone, as in a mode that promises nothing else.",
            "give it a store that outlives it (inngest start, or dev --persist), or waive OPS-03.",
        )


def require_registered(own: OwnPlatform, settings: Settings) -> None:
    """Wait until Inngest knows the function again; whether it does so is judged by REG-04.

    Raises:
        Inconclusive: It does not.
    """
    slug, within = own.addresses.slug, settings.within(SYNC_WITHIN)
    try:
        until(lambda: [each for each in own.clients.inngest.functions() if each.slug == slug], within=within)
    except OutOfTimeError:
        raise Inconclusive(
            f"{slug} to be registered again within {within:g} s after the store was cleared.",
            "it is not.",
            "see REG-04.",
        ) from None
