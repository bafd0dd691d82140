"""REC-06 to REC-08: run, rows, API and receiver tell the same story."""

from pathlib import Path
from typing import cast

import pytest

from fixtures.journeys import Publish
from harness.clients.dispatcher import DispatcherClient
from harness.clients.http import object_of
from harness.errors import UnmetError
from harness.journey import Sources
from harness.judges.records import rows_at_rest
from harness.ledger import Entries, balance
from harness.settings import Settings
from harness.waiters import OutOfTimeError, until
from harness.webhooks import Webhooks

REST_WITHIN, REST_EVERY = 5.0, 0.5
"""Seconds that the session's last deliveries may take to come to rest, and between two looks at all of it."""


@pytest.mark.requirement("REC-06")
def test_run_output_counts_what_the_rows_say(publish: Publish, webhooks: Webhooks) -> None:
    """The run's output counts webhooks, successes and exhausted deliveries as the rows do."""
    for answers in ([200], [500, 200], [500], [404]):
        webhooks.create(answers=answers)

    output = publish().ends().output

    assert isinstance(output, dict), f"the output is {output!r}"
    counts = {name: output.get(name) for name in ("webhooksCount", "successCount", "failureCount")}
    assert counts == {"webhooksCount": 4, "successCount": 2, "failureCount": 2}


@pytest.mark.needs("deliveries_api")
@pytest.mark.requirement("REC-07")
def test_api_lists_the_same_rows(
    publish: Publish, webhooks: Webhooks, dispatcher: DispatcherClient, tenant: str
) -> None:
    """The deliveries API gives the rows of the table, for the tenant that asks and for no other."""
    webhook = webhooks.create("*", answers=[500, 200])
    stranger = webhooks.create("*", tenant=f"{tenant}-other")
    journey, other = publish(), publish(tenant=stranger.tenant)
    rows_at_rest(journey, webhook)
    rows_at_rest(other, stranger)

    mine = _deliveries(dispatcher, tenant)

    assert sorted(_key(each) for each in mine) == [
        (webhook.id, journey.id, 1, "retrying", 500),
        (webhook.id, journey.id, 2, "success", 200),
    ]
    theirs = ({"webhook_id": stranger.id}, {"event_id": other.id}, {"status": "success", "event_id": other.id})
    assert [_deliveries(dispatcher, tenant, **filters) for filters in theirs] == [[], [], []]


@pytest.mark.needs("deliveries_api")
@pytest.mark.requirement("REC-07")
def test_api_filters_by_webhook_event_and_status(
    publish: Publish, webhooks: Webhooks, dispatcher: DispatcherClient, tenant: str
) -> None:
    """Each filter of the deliveries API leaves exactly the rows that it names."""
    first, second = webhooks.create("*", answers=[500, 200]), webhooks.create("*")
    earlier = publish()  # its first attempt, and no other's, is the one that is refused
    for webhook in (first, second):
        rows_at_rest(earlier, webhook)
    later = publish("claim/opened")
    for webhook in (first, second):
        rows_at_rest(later, webhook)

    def count(**filters: object) -> int:
        return len(_deliveries(dispatcher, tenant, **filters))

    by_webhook = (count(webhook_id=first.id), count(webhook_id=second.id))
    assert (count(), sum(by_webhook)) == (5, 5)
    assert by_webhook == (3, 2)
    assert (count(event_id=later.id), count(status="retrying"), count(limit=2)) == (2, 1, 2)


@pytest.mark.closing
@pytest.mark.requirement("REC-08")
def test_ledger_balances(session_folder: Path, sources: Sources, settings: Settings) -> None:
    """Of all that this session published, everything was delivered, failed or filtered, and all three stores agree."""
    try:
        until(
            lambda: _imbalance(session_folder, sources),
            lambda imbalance: imbalance is None,
            within=settings.within(REST_WITHIN),
            every=REST_EVERY,
        )
    except OutOfTimeError as error:
        raise cast("UnmetError", error.last) from None


def _imbalance(session_folder: Path, sources: Sources) -> UnmetError | None:
    """Read all that is known of the session, and return where the stores disagree."""
    entries = Entries.read(session_folder)
    recorded = [row for event in entries.expected for row in sources.rows.deliveries(event_id=event)]
    found = sources.inngest.runs_of_each([each for ids in entries.inngest_ids.values() for each in ids])
    runs = {
        event: [run for each in ids for run in found[each] if run.slug == sources.slug]
        for event, ids in entries.inngest_ids.items()
    }
    before_stop = entries.before_stop
    forgotten = {event for event in before_stop if not any(map(sources.inngest.event, entries.inngest_ids[event]))}
    try:
        balance(entries, recorded, runs, forgotten=forgotten)
    except UnmetError as error:
        return error
    return None


def _deliveries(dispatcher: DispatcherClient, tenant: str, **filters: object) -> list[dict[str, object]]:
    answer = dispatcher.deliveries(tenant, **filters)
    assert answer.status_code == 200, f"{answer.status_code} {answer.text[:200]}"
    listed = object_of(answer).get("deliveries")
    assert isinstance(listed, list), f"deliveries: {listed!r}"
    return listed


def _key(entry: dict[str, object]) -> tuple[object, ...]:
    return (
        int(str(entry["webhook_id"])),
        entry["event_id"],
        entry["attempt_number"],
        entry["status"],
        entry["status_code"],
    )
