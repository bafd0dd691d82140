"""ISO-06 and ISO-07: the database may go at the worst moment; nothing is lost by it, and nothing done twice."""

import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import pytest

from fixtures.platforms import OwnPlatform
from fixtures.stages import JOURNEYS
from harness.clients.inngest import LOOK_EVERY
from harness.clients.inngest_answers import Run
from harness.errors import Inconclusive, UnmetError
from harness.journey import Journey
from harness.judges.outcomes import must_answer
from harness.judges.records import agree
from harness.receiver.answers import Held
from harness.tag import Tag
from harness.targets import Target
from harness.waiters import OutOfTimeError, until
from harness.webhooks import Webhook

DOWN = 4.0
"""Seconds without a database, after the answer: more than most dispatchers wait for a connection, so they notice."""

HELD = 0.5
"""How long the answer can be held back, as a part of the time that the dispatcher waits: it must not give up before."""

OwnPlatforms = Callable[[str, list[Journey]], OwnPlatform]

FAILED_STEPS = 2
"""How often Inngest may try in vain while the database starts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """What was under way while the database was down.

    Attributes:
        matching: The event that was published without a database.
        unmatched: The webhook that must get it.
        gave_up: The run that had ended before the database was back; None if it rightly went on.
        recording: The event whose delivery was answered without a database.
        unrecorded: The webhook that gave the answer.
        in_time: Whether the database was gone before the answer.
    """

    matching: Journey
    unmatched: Webhook
    gave_up: Run | None
    recording: Journey
    unrecorded: Webhook
    in_time: bool


@pytest.fixture(scope="module")
def shared_outage(own_platform: OwnPlatforms, tag: Tag, target: Target) -> Outage:
    """Have the database down at the worst moment; once more, if it came too late on a busy machine."""
    tenant = f"{tag.tenants}outage-{secrets.token_hex(3)}"
    outage = suffered(own_platform(tenant, []), target)
    return outage if outage.in_time or outage.gave_up else suffered(own_platform(f"{tenant}-again", []), target)


def suffered(own: OwnPlatform, target: Target) -> Outage:
    """Kill the database while a webhook is about to answer, publish another event, and start the database again."""
    answer = Held(within=HELD * target.timeouts.attempt)
    unrecorded = own.webhooks.create(answers=[answer])
    unmatched = own.webhooks.create("claim/opened")
    recording = own.publish("policy/bound")
    recording.arrives(unrecorded)
    own.database.kill()
    try:
        in_time = recording.attempts(unrecorded)[0].ended is None
        answer.release()
        matching = own.publish("claim/opened")
        gave_up = first_ended(matching, within=DOWN)
    finally:
        own.database.start()
    return Outage(
        matching=matching,
        unmatched=unmatched,
        gave_up=gave_up,
        recording=recording,
        unrecorded=unrecorded,
        in_time=in_time,
    )


@pytest.fixture
def outage(request: pytest.FixtureRequest, shared_outage: Outage) -> Outage:
    """The outage, with its journeys for the failure that may come."""
    request.node.stash[JOURNEYS] += [shared_outage.recording, shared_outage.matching]
    return shared_outage


@pytest.mark.requirement("ISO-06")
def test_event_without_a_database_waits_for_it(outage: Outage, target: Target) -> None:
    """A run that can't look for webhooks goes on until it can, and then delivers once."""
    if outage.gave_up:
        raise UnmetError(
            "the run to be tried again until the database is back.",
            f"while it was down the run ended {outage.gave_up.status} with {outage.gave_up.output}.",
            "let the error of the query fail its step; to find no webhook is something else than not to find out.",
            hop="run started",
        )
    longer = DOWN + FAILED_STEPS * target.timeouts.retry
    must_answer(outage.matching, {"the webhook": outage.unmatched}, {"the webhook": [200]}, longer=longer)


@pytest.mark.requirement("ISO-07")
def test_delivery_that_cannot_be_recorded_is_recorded_later(outage: Outage, target: Target) -> None:
    """A delivery that was answered 2xx while the database was down is not repeated, and has its row afterwards."""
    if not outage.in_time:
        raise Inconclusive(
            "the database to be gone before the webhook answers.",
            f"it was not, {HELD * target.timeouts.attempt:g} s after the request had arrived.",
            "see how long stop in [control.database] takes, or whether this machine is overloaded.",
        )
    longer = DOWN + FAILED_STEPS * target.timeouts.retry
    must_answer(outage.recording, {"the webhook": outage.unrecorded}, {"the webhook": [200]}, longer=longer)
    rows = outage.recording.rows(outage.unrecorded, count=1, within=longer)
    agree(outage.recording.attempts(outage.unrecorded), rows)


def first_ended(journey: Journey, *, within: float) -> Run | None:
    """Let time pass until a run for the event has ended, and return it; None if none does."""
    with suppress(OutOfTimeError):
        ended = until(lambda: [run for run in journey.runs() if run.ended], within=within, every=LOOK_EVERY)
        return journey.ends() if ended else None
    return None
