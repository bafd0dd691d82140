"""OPS-04 and OPS-05: what operators can see: an event in every log, and how the platform does."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest

from fixtures.journeys import Publish
from harness.addresses import Addresses
from harness.clients.http import object_of
from harness.clients.inngest import LOOK_EVERY, InngestClient
from harness.clients.kernel import KernelClient
from harness.clocks import CLOCKS_APART
from harness.errors import Inconclusive
from harness.judges.records import rows_at_rest
from harness.logs import read_logs
from harness.settings import Settings
from harness.targets import Target
from harness.waiters import OutOfTimeError, until
from harness.webhooks import Webhooks

WRITTEN_WITHIN = 3.0
"""Seconds until a line is in the log."""

ONCE = {"maxAttempts": 1, "backoffMs": 20}


@pytest.mark.needs("kernel")
@pytest.mark.requirement("OPS-04")
def test_logs_of_every_service_carry_the_event_id(
    kernel: KernelClient, publish: Publish, webhooks: Webhooks, stack: Addresses, target: Target, settings: Settings
) -> None:
    """Kernel and dispatcher each log the id of an event that they have to do with, so one grep follows it."""
    webhook = webhooks.create("claim/opened")
    answer = kernel.publish("claim/opened", {"claimNumber": "CLM-1", "tenantId": webhooks.tenant})
    event_id = str(object_of(answer).get("eventId"))
    event = {"name": "claim/opened", "id": event_id, "data": {"tenantId": webhooks.tenant}}
    publish.follow(event, "").arrives(webhook)

    def silent() -> list[str]:
        return [name for name, text in logs_to_read(stack, target).items() if event_id not in text]

    with suppress(OutOfTimeError):
        until(silent, lambda names: not names, within=settings.within(WRITTEN_WITHIN), every=LOOK_EVERY)
    assert silent() == [], f"logs without the event id {event_id}"


@pytest.mark.requirement("OPS-05")
def test_four_figures_can_be_read_off(
    publish: Publish, webhooks: Webhooks, inngest: InngestClient, tenant: str
) -> None:
    """Publication rate, execution time, failures and success rate follow from events, runs and rows, and are right."""
    good, bad = webhooks.create(), webhooks.create(answers=[500], retry_config=ONCE)
    since = datetime.now(UTC) - CLOCKS_APART

    journeys = publish.batch([publish.event() for _ in range(4)])

    runs = [journey.ends() for journey in journeys]
    rows = [row for journey in journeys for webhook in (good, bad) for row in rows_at_rest(journey, webhook)]
    until_now = datetime.now(UTC) + CLOCKS_APART
    published = [each for each in inngest.events(name="policy/bound") if each["data"].get("tenantId") == tenant]
    times = [(run.finished - run.started).total_seconds() for run in runs if run.started and run.finished]
    statuses = [row.status for row in rows if row.delivered_at and since <= row.delivered_at <= until_now]
    assert [since.timestamp() * 1000 <= each["ts"] <= until_now.timestamp() * 1000 for each in published] == [True] * 4
    assert [0 <= each <= (until_now - since).total_seconds() for each in times] == [True] * 4
    assert (statuses.count("failed"), statuses.count("success"), len(statuses)) == (4, 4, 8)


def logs_to_read(stack: Addresses, target: Target) -> dict[str, str]:
    """Return the logs in which an event must be found: all of a running platform's as one, else each service's own.

    Inngest's is left out: how much it tells is not for the platform to say.

    Raises:
        Inconclusive: There are none.
    """
    logs = read_logs(stack, target)
    if not any(logs.values()):
        raise Inconclusive(
            "the logs of the platform.", "its owner keeps them.", "name the command that prints them as logs."
        )
    return dict(logs) if target.is_running else {name: logs.get(name, "") for name in ("dispatcher.log", "kernel.log")}
