"""PLAT-04: the canary, sent over every connection that later verdicts rely on."""

import pytest

from fixtures.journeys import Publish
from harness.addresses import Addresses
from harness.clients.inngest import LOOK_EVERY, InngestClient
from harness.clients.inngest_answers import Run
from harness.errors import Inconclusive, SetupError, UnmetError, shortened
from harness.events import ended_runs
from harness.journey import SETTLES_WITHIN, Journey
from harness.settings import Settings
from harness.waiters import OutOfTimeError, until
from harness.webhooks import Webhook, Webhooks

UNREACHABLE = "unreachable"
"""What Inngest says of an app to which it gets no connection."""

CANARY_WITHIN = 5.0
"""Seconds for one canary; it usually takes less than one."""


@pytest.mark.requirement("PLAT-04")
def test_inngest_reaches_the_dispatcher(
    inngest: InngestClient, stack: Addresses, settings: Settings, tenant: str
) -> None:
    """A run that is started by hand, past all triggers, is executed by the dispatcher, or refused in its own words."""
    _wait_until_registered(inngest, stack, settings)

    reply = inngest.invoke(stack.slug, {"tenantId": tenant})

    assert reply.ids, f"POST /invoke/{stack.slug} answered {reply.status}: {reply.error}"
    run = _ended_run(inngest, reply.ids[0], settings)
    assert run.status == "COMPLETED" or is_told_by_the_app(run.output), f"run {run.id} {run.status}: {run.output}"


@pytest.mark.requirement("PLAT-04")
def test_dispatcher_reaches_the_receiver(publish: Publish, webhooks: Webhooks) -> None:
    """An event that is published before all others arrives at the receiver."""
    webhook = webhooks.create("test/event", retry_config={"maxAttempts": 1, "backoffMs": 20})
    journey = publish("test/event")
    try:
        journey.starts(CANARY_WITHIN)
    except UnmetError as error:
        raise Inconclusive(
            "the canary to start a run.", error.seen, f"triggers: see REG-02. {error.next_step}"
        ) from None
    try:
        journey.arrives(webhook, within=CANARY_WITHIN)
    except UnmetError:
        raise _why_nothing_arrived(journey, webhook) from None


def is_told_by_the_app(output: object) -> bool:
    """Tell a failure that the app reports from one of the call: Inngest's own account has an `error`, an SDK's none.

    An app may refuse such a run, whose event is Inngest's own (EVT-07); it has been reached all the same.
    """
    return isinstance(output, dict) and "error" not in output and {"name", "message"} <= output.keys()


def _wait_until_registered(inngest: InngestClient, stack: Addresses, settings: Settings) -> None:
    try:
        until(
            lambda: [each for each in inngest.functions() if each.slug == stack.slug],
            within=settings.within(CANARY_WITHIN),
            every=LOOK_EVERY,
        )
    except OutOfTimeError:
        unreached = [app for app in inngest.apps() if app.error == UNREACHABLE]
        if unreached:  # nobody's fault yet: the dispatcher answers us, and Inngest gets no connection
            raise SetupError(
                f"Inngest to reach the dispatcher, which answers here at {stack.dispatcher}.",
                f"{shortened([*map(str, unreached)])}.",
                "see on which address the dispatcher listens (HOST), and whether a firewall stands between.",
            ) from None
        raise Inconclusive(
            f"{stack.slug} to be there to be run by hand.", "it is not registered.", "registration: see REG-01."
        ) from None


def _ended_run(inngest: InngestClient, event_id: str, settings: Settings) -> Run:
    within = settings.within(CANARY_WITHIN)
    try:
        runs = ended_runs(inngest, event_id, at_least=1, within=within)
    except Inconclusive as error:
        raise SetupError(
            f"Inngest to get the run over within {within:g} s.",
            error.seen,
            "see under which address the app registered itself, and whether Inngest can reach that.",
        ) from None
    return inngest.settled_run(runs[0].id, within=settings.within(SETTLES_WITHIN))


def _why_nothing_arrived(journey: Journey, webhook: Webhook) -> Exception:
    """Tell a receiver that can't be reached, which is nobody's fault yet, from a dispatcher that does not send."""
    tried = [row for row in journey.rows(webhook, count=1) if row.status_code is None]
    if tried:
        return SetupError(
            f"the dispatcher to reach the receiver at {webhook.url}.",
            f"it tried, and says: {tried[0].error_message}.",
            "set RECEIVER_HOST to an address of this machine that the dispatcher can reach.",
        )
    return UnmetError(
        f"the canary {journey.id} to arrive at {webhook.url}.",
        "the run is there, but nothing arrived and no row says that it was tried.",
        "read the run's output and the dispatcher's log.",
        hop="delivered",
    )
