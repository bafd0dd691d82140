"""OPS-01 and OPS-02: what operators do with an event and its run: find it, look at it, have it once more."""

from datetime import UTC, datetime

import pytest

from fixtures.journeys import Publish
from harness.addresses import Addresses
from harness.clients.inngest import LOOK_EVERY, InngestClient
from harness.clocks import CLOCKS_APART
from harness.errors import UnmetError
from harness.events import STORED_WITHIN, stored_event
from harness.settings import Settings
from harness.waiters import OutOfTimeError, until
from harness.webhooks import Webhooks

STARTS_WITHIN = 10.0
"""Seconds for a run that was asked for by hand."""


@pytest.mark.requirement("OPS-01")
def test_replayed_event_is_delivered_again(
    publish: Publish, webhooks: Webhooks, inngest: InngestClient, settings: Settings
) -> None:
    """An event whose payload is published once more under a new id is delivered once more, with the same data."""
    webhook = webhooks.create()
    first = publish()
    stored_event(first, within=settings.within(STORED_WITHIN))
    [delivered] = first.arrives(webhook)

    reply = inngest.replay(first.inngest_id)

    again = publish.follow({key: value for key, value in first.event.items() if key != "id"}, reply.ids[0])
    [replayed] = again.arrives(webhook)
    assert replayed.json["data"] == delivered.json["data"]
    assert (len(again.rows(webhook)), len(first.rows(webhook))) == (1, 1)


@pytest.mark.requirement("OPS-01")
def test_function_runs_when_it_is_invoked_by_hand(
    inngest: InngestClient, stack: Addresses, tenant: str, settings: Settings
) -> None:
    """Invoke in the user interface runs the function with the data that was entered, to its end.

    Its event is one of Inngest's own, which nobody delivers: some say so in the output, others by failing.
    """
    since = datetime.now(UTC) - CLOCKS_APART

    inngest.invoke_in_ui(stack.slug, {"message": "invoked by hand", "tenantId": tenant})

    must_run_with(inngest, stack.slug, tenant, since, within=settings.within(STARTS_WITHIN))


@pytest.mark.requirement("OPS-02")
def test_run_is_found_by_its_event_with_status_output_and_steps(
    publish: Publish, webhooks: Webhooks, inngest: InngestClient
) -> None:
    """Of an event the dispatcher's run can be found, and of the run what became of it, its output, and each step."""
    webhooks.create(answers=[500, 200])

    run = publish().ends()

    steps = inngest.steps_of(run)
    assert run.status == "COMPLETED"
    assert isinstance(run.output, dict), f"the output is {run.output!r}"
    assert run.output.get("eventType") == "policy/bound"
    assert steps, "the run shows no step"
    assert [step.name for step in steps if not step.name or step.status != "COMPLETED"] == []
    assert [step.output for step in steps if step.output is not None], "no step shows what it left"


def must_run_with(inngest: InngestClient, slug: str, word: str, since: datetime, *, within: float) -> None:
    """Wait for the end of a run of a function whose event holds a word.

    Raises:
        UnmetError: There is none, or it does not end.
    """
    others: set[str] = set()

    def has_run() -> bool:
        for run_id in {*inngest.runs_since(since)} - others:
            run = inngest.run(run_id)
            if not run.ended:
                continue  # v1.43.0 lists a run before its event can be read
            if run.slug == slug and any(word in each for each in inngest.payloads_of(run_id)):
                return True
            others.add(run_id)
        return False

    try:
        until(has_run, within=within, every=LOOK_EVERY)
    except OutOfTimeError:
        raise UnmetError(
            f"a run of {slug} within {within:g} s after it was invoked, and its end.",
            f"none with {word!r} among the {len(others)} runs since.",
            "try Invoke in the Dev UI, and see whether Inngest reaches the dispatcher.",
            hop="run started",
        ) from None
