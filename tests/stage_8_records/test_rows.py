"""REC-01 to REC-05: the rows say what happened, no more and no less."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

import pytest

from fixtures.journeys import Publish
from harness.clients.rows import Delivery, Rows
from harness.clocks import CLOCKS_APART
from harness.judges.records import rows_at_rest
from harness.receiver.answers import Answer, Reset, Script
from harness.webhooks import Webhooks

T = TypeVar("T")


SCRIPTS: dict[str, list[Script | int]] = {
    "200": [200],
    "204": [204],
    "a retry": [500, 200],
    "two retries": [500, 503, 201],
    "404 to the end": [404],
    "a redirect": [302],
    "a reset": [Reset(), 200],
    "resets to the end": [Reset()],
}


@pytest.mark.requirement("REC-01")
def test_each_attempt_leaves_its_row(publish: Publish, webhooks: Webhooks) -> None:
    """Every POST leaves one row with its number, whatever the endpoint did."""
    endpoints = {name: webhooks.create(answers=answers) for name, answers in SCRIPTS.items()}

    journey = publish()

    recorded = {
        name: [row.attempt_number for row in rows_at_rest(journey, webhook)] for name, webhook in endpoints.items()
    }
    made = {name: len(journey.attempts(webhook)) for name, webhook in endpoints.items()}
    assert recorded == {name: [*range(1, count + 1)] for name, count in made.items()}


@pytest.mark.requirement("REC-02")
def test_each_row_says_what_became_of_its_attempt(publish: Publish, webhooks: Webhooks) -> None:
    """Each row has the code that its attempt was answered with, and is a success exactly for a 2xx."""
    endpoints = {name: webhooks.create(answers=answers) for name, answers in SCRIPTS.items()}

    journey = publish()

    wrong = [
        (name, row.attempt_number, row.status, row.status_code)
        for name, webhook in endpoints.items()
        for row, code in by_number(rows_at_rest(journey, webhook), journey.attempts(webhook).statuses)
        if (row.status_code, row.status == "success") != (code, code in {200, 201, 204})
    ]
    assert wrong == []


@pytest.mark.requirement("REC-01")
def test_two_events_do_not_share_rows(publish: Publish, webhooks: Webhooks, rows: Rows) -> None:
    """Each event of one webhook has rows of its own, all of its attempts and none of the other's."""
    webhook = webhooks.create("*", answers=[500, 200])

    first = publish("claim/opened")
    of_first = rows_at_rest(first, webhook)
    second = publish("claim/settled")
    of_second = rows_at_rest(second, webhook)

    assert [row.attempt_number for row in of_first] == [1, 2]
    assert [row.attempt_number for row in of_second] == [1]
    assert len(rows.deliveries(webhook_id=webhook.id)) == 3


@pytest.mark.requirement("REC-02")
def test_missing_answer_is_recorded_without_a_code_and_with_a_reason(publish: Publish, webhooks: Webhooks) -> None:
    """Where no answer came, each row has no code and says why, that of an attempt which is retried too."""
    silent = webhooks.create(answers=[Reset()], retry_config={"maxAttempts": 2, "backoffMs": 20})

    rows = rows_at_rest(publish(), silent)

    assert [row.status_code for row in rows] == [None] * len(rows)
    assert [row.attempt_number for row in rows if not row.error_message] == []


@pytest.mark.requirement("REC-03")
def test_nothing_is_left_retrying_at_rest(publish: Publish, webhooks: Webhooks) -> None:
    """When the run has ended, each webhook's last row is final and all before it say retrying."""
    endpoints = [webhooks.create(answers=answers) for answers in ([Reset()], [500, 500, 200], [200])]

    journey = publish()

    words = [[row.status for row in rows_at_rest(journey, webhook)] for webhook in endpoints]
    assert words == [["retrying", "retrying", "failed"], ["retrying", "retrying", "success"], ["success"]]


@pytest.mark.requirement("REC-04")
def test_row_names_the_event_the_time_and_the_answer(publish: Publish, webhooks: Webhooks) -> None:
    """Each row has the published id, the event's name, a time around the arrival and 1000 characters of the answer."""
    texts = {503: "busy " * 300, 200: "ä" * 600 + "z" * 900}
    webhook = webhooks.create("*", answers=[Answer(code, body=text.encode()) for code, text in texts.items()])

    journey = publish("agreement/updated")

    rows = rows_at_rest(journey, webhook)
    late = [row for row, at in by_number(rows, [each.at for each in journey.attempts(webhook)]) if not near(row, at)]
    assert {(row.event_id, row.event_type) for row in rows} == {(journey.event["id"], "agreement/updated")}
    assert [row.response_body for row in rows] == [text[:1000] for text in texts.values()]
    assert late == []


@pytest.mark.needs("status_columns")
@pytest.mark.requirement("REC-05")
def test_webhook_shows_its_newest_outcome(publish: Publish, webhooks: Webhooks, rows: Rows) -> None:
    """`sys_webhooks` shows the outcome of the newest delivery, and when and of which event it was."""
    webhook = webhooks.create("*", answers=[200, 500])

    rows_at_rest(publish("claim/opened"), webhook)
    newest = publish("claim/settled")

    rows_at_rest(newest, webhook)
    status = rows.webhook_status(webhook.id)
    assert (status.last_status, status.last_status_code, status.last_event_id) == ("failed", 500, newest.id)
    assert status.last_delivery_at is not None
    assert abs(status.last_delivery_at.timestamp() - newest.attempts(webhook)[-1].at) < CLOCKS_APART.total_seconds()


@pytest.mark.needs("status_columns")
@pytest.mark.requirement("REC-05")
def test_counts_add_up_when_events_come_at_once(publish: Publish, webhooks: Webhooks, rows: Rows) -> None:
    """The counts are those of the rows, though twenty events arrive at the same time."""
    webhook = webhooks.create(answers=[200] * 10 + [500], retry_config={"maxAttempts": 1, "backoffMs": 20})

    for journey in publish.batch([publish.event() for _ in range(20)]):
        rows_at_rest(journey, webhook)

    words = [row.status for row in rows.deliveries(webhook_id=webhook.id)]
    status = rows.webhook_status(webhook.id)
    assert len(words) == 20
    assert (status.success_count, status.failure_count) == (words.count("success"), words.count("failed"))


@pytest.mark.needs("status_columns")
@pytest.mark.requirement("REC-05")
def test_counts_add_up_when_attempts_are_retried(publish: Publish, webhooks: Webhooks, rows: Rows) -> None:
    """A success after retries is counted; failures count attempts or whole deliveries, the contract says not which."""
    retried, exhausted = webhooks.create(answers=[500, 200]), webhooks.create(answers=[500])

    journey = publish()

    for webhook, successes, failures in ((retried, 1, {0, 1}), (exhausted, 0, {1, 3})):
        rows_at_rest(journey, webhook)
        status = rows.webhook_status(webhook.id)
        assert status.success_count == successes
        assert status.failure_count in failures


def by_number(rows: Iterable[Delivery], facts: Sequence[T]) -> list[tuple[Delivery, T]]:
    """Return each row with the fact of its attempt; whether all rows are there is another promise (REC-01)."""
    return [(row, facts[row.attempt_number - 1]) for row in rows if 0 < row.attempt_number <= len(facts)]


def near(row: Delivery, moment: float) -> bool:
    """Tell whether a row's time is that of its attempt, as far as clocks agree."""
    return row.delivered_at is not None and abs(row.delivered_at.timestamp() - moment) < CLOCKS_APART.total_seconds()
