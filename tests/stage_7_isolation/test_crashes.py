"""ISO-04 and ISO-05: dispatcher and Inngest may go at the worst moment; no delivery is lost by it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

import pytest

from fixtures.platforms import OwnPlatform
from harness.clients.inngest import LOOK_EVERY
from harness.errors import Inconclusive, UnmetError, shortened
from harness.journey import Journey
from harness.preflight.app import registered
from harness.receiver.answers import Hang, Script
from harness.services import Part
from harness.stack import RunningStack
from harness.targets import Target
from harness.waiters import OutOfTimeError, until
from harness.webhooks import Webhook

HAND_OVER = 0.3
"""Seconds in which a dispatcher tells Inngest what it has done; it usually takes a few milliseconds."""

PATIENT = {"maxAttempts": 3, "backoffMs": 1000}

RETURNS_WITHIN = 6.0
"""Seconds until deliveries go on when all parts are back, beside the time after which Inngest tries a call again."""

SYNCED_WITHIN = 10.0
"""Seconds until an Inngest that keeps nothing has polled the dispatcher again."""

FAILED_CALLS = 2
"""How often Inngest may call in vain while the dispatcher starts."""


@pytest.mark.requirement("ISO-04")
def test_delivery_outlives_the_death_of_the_dispatcher(own: OwnPlatform, target: Target) -> None:
    """After a SIGKILL with one request unanswered, one attempt waiting and one event to come, all are delivered."""
    scripts: dict[str, list[Script | int]] = {
        "served": [200],
        "unanswered": [Hang(target.timeouts.attempt), 200],
        "waiting": [500, 200],
    }
    endpoints = {name: own.webhooks.create(answers=answers, retry_config=PATIENT) for name, answers in scripts.items()}
    late = own.webhooks.create("claim/opened")
    journey = own.publish("policy/bound")
    for webhook in endpoints.values():
        journey.arrives(webhook)
    require_held(journey, endpoints["unanswered"])

    own.stack.dispatcher.kill()
    try:
        next_journey = own.publish("claim/opened")
    finally:
        own.stack.dispatcher.start()

    must_be_delivered(journey, endpoints, target)
    must_be_delivered(next_journey, {"published meanwhile": late}, target)
    must_share_its_id(journey, endpoints, target)


@pytest.mark.requirement("ISO-05")
def test_events_outlive_a_restart_of_inngest(own: OwnPlatform, resuming_stack: RunningStack, target: Target) -> None:
    """An event that nobody took yet, and one that waits for its next attempt, are delivered after the restart."""
    waiting, untaken = (
        own.webhooks.create(answers=[500, 200], retry_config=PATIENT),
        own.webhooks.create("claim/opened"),
    )
    retried = own.publish("policy/bound")
    retried.arrives(waiting)

    with down(resuming_stack.dispatcher):
        accepted = own.publish("claim/opened")
        with down(resuming_stack.engine):
            pass
    require_registered(own)

    require_kept(accepted)
    for journey, webhooks in ((accepted, {"untaken": untaken}), (retried, {"waiting": waiting})):
        with blaming_no_dispatcher_for_inngest(journey, target):
            must_be_delivered(journey, webhooks, target)


@contextmanager
def down(part: Part) -> Iterator[None]:
    """Stop a part for as long as the context lasts."""
    part.stop()
    try:
        yield
    finally:
        part.start()


def require_registered(own: OwnPlatform) -> None:
    """Wait until Inngest, which may have forgotten it, knows the function again: later tests need it too.

    Raises:
        Inconclusive: It does not.
    """
    try:
        until(lambda: registered(own.clients.inngest, own.stack.addresses), within=SYNCED_WITHIN, every=LOOK_EVERY)
    except OutOfTimeError:
        raise Inconclusive(
            f"the function to be registered again within {SYNCED_WITHIN:g} s of Inngest's restart.",
            "it is not.",
            "see REG-04.",
        ) from None


def require_held(journey: Journey, webhook: Webhook) -> None:
    """Let the dispatcher hand over what it has done, and make sure that it still waits for this webhook's answer.

    Raises:
        Inconclusive: It does not, so that nothing would be interrupted.
    """
    with suppress(OutOfTimeError):
        until(lambda: journey.attempts(webhook)[0].ended, within=HAND_OVER)
        raise Inconclusive(
            "the dispatcher to wait for an answer when it is killed.",
            f"it gave up after {journey.attempts(webhook)[0].seconds or 0:.2f} s.",
            "name its patience as timeouts.attempt in the target's file.",
        )


def must_be_delivered(journey: Journey, endpoints: Mapping[str, Webhook], target: Target) -> None:
    """Wait until each endpoint has answered this event with 200, be it the second time.

    Raises:
        UnmetError: One has not.
    """
    within = journey.within(RETURNS_WITHIN + FAILED_CALLS * target.timeouts.retry)

    def missing() -> list[str]:
        answers = {name: journey.attempts(webhook).statuses for name, webhook in endpoints.items()}
        return [
            f"{name!r}: {statuses or 'nothing arrived'}" for name, statuses in answers.items() if 200 not in statuses
        ]

    try:
        until(missing, lambda names: not names, within=within)
    except OutOfTimeError:
        raise UnmetError(
            f"{journey.event['name']} {journey.id} to be answered 200 by each webhook within {within:g} s.",
            f"{shortened(missing())}.",
            "make each effect a step of its own, and claim nothing before it is done: Inngest calls again.",
            hop="delivered",
        ) from None


def must_share_its_id(journey: Journey, endpoints: Mapping[str, Webhook], target: Target) -> None:
    """Check that all attempts at one endpoint carry one delivery id.

    Raises:
        UnmetError: Some differ, so that the endpoint can't tell a repetition.
    """
    ids = {
        name: [attempt.header(target.headers.delivery) for attempt in journey.attempts(webhook)]
        for name, webhook in endpoints.items()
    }
    different = [f"{name!r}: {', '.join(map(str, found))}" for name, found in ids.items() if len({*found}) > 1]
    if different:
        raise UnmetError(
            f"one {target.headers.delivery} on all attempts for one event at one webhook.",
            f"{shortened(different)}.",
            "derive the id from event and webhook; what is made anew in a step differs when the step is repeated.",
            hop="delivered",
        )


def require_kept(journey: Journey) -> None:
    """Make sure that Inngest still knows an event from before its restart.

    Raises:
        Inconclusive: It has lost it: then it keeps no store, and there is nothing that a dispatcher could do.
    """
    if not journey.stored():
        raise Inconclusive(
            "Inngest to keep its store over a restart.",
            f"{journey.event['name']} {journey.id}, which it had accepted, is gone.",
            "give it a store that outlives it (inngest start, or dev --persist), or waive the requirement.",
        )


@contextmanager
def blaming_no_dispatcher_for_inngest(journey: Journey, target: Target) -> Iterator[None]:
    """Tell what a running platform's Inngest has forgotten from what its dispatcher has lost.

    Raises:
        Inconclusive: The event's run has not ended: Inngest may have gone on without it.
    """
    try:
        yield
    except UnmetError as error:
        runs = journey.runs()
        if not target.is_running or any(run.ended for run in runs):
            raise
        raise Inconclusive(
            "an Inngest that goes on with its runs after a restart.",
            f"it {f'shows run {runs[0].id} as {runs[0].status}' if runs else 'has no run'}, and {error.seen}",
            "give it a store and a queue that outlive it (inngest start with a Redis), or waive the requirement.",
        ) from None
