"""REC-01 to REC-05: the rows say what happened, no more and no less."""

from datetime import timedelta

import pytest

from fixtures.journeys import Publish
from harness.clients.rows import Rows
from harness.judges.records import agree, rows_at_rest
from harness.receiver.answers import Answer, Reset, Script
from harness.webhooks import Webhooks

CLOCK_SLACK = timedelta(seconds=2)
"""What the clocks of suite and database may differ by (PLAT-06)."""


@pytest.mark.requirement("REC-01", "REC-02", "REC-03")
def test_each_attempt_leaves_its_row(publish: Publish, webhooks: Webhooks) -> None:
    """Every POST leaves one row with its number, its code and its outcome, whatever the endpoint did."""
    scripts: list[list[Script | int]] = [
        [200],
        [204],
        [500, 200],
        [500, 503, 201],
        [404],
        [302],
        [Reset(), 200],
        [Reset()],
    ]
    endpoints = [webhooks.create(answers=answers) for answers in scripts]

    journey = publish()

    for webhook in endpoints:
        rows = rows_at_rest(journey, webhook)
        agree(journey.attempts(webhook), rows)


@pytest.mark.requirement("REC-01")
def test_two_events_do_not_share_rows(publish: Publish, webhooks: Webhooks, rows: Rows) -> None:
    """Each event of one webhook has rows of its own, all of its attempts and none of the other's."""
    webhook = webhooks.create("*", answers=[500, 200])

    first = publish("claim/opened")
    of_first = rows_at_rest(first, webhook)
    second = publish("claim/settled")
    of_second = rows_at_rest(second, webhook)

    agree(first.attempts(webhook), of_first)
    agree(second.attempts(webhook), of_second)
    assert len(rows.deliveries(webhook_id=webhook.id)) == 3


@pytest.mark.requirement("REC-02")
def test_missing_answer_is_recorded_without_a_code_and_with_a_reason(publish: Publish, webhooks: Webhooks) -> None:
    """Where no answer came, the row has no code and says why; where one came, an error is told too."""
    silent = webhooks.create(answers=[Reset()], retry_config={"maxAttempts": 1, "backoffMs": 20})
    refusing = webhooks.create(answers=[500], retry_config={"maxAttempts": 1, "backoffMs": 20})

    journey = publish()

    [no_answer], [refusal] = rows_at_rest(journey, silent), rows_at_rest(journey, refusing)
    assert (no_answer.status, no_answer.status_code) == ("failed", None)
    assert no_answer.error_message
    assert (refusal.status, refusal.status_code) == ("failed", 500)


@pytest.mark.requirement("REC-03")
def test_nothing_is_left_retrying_at_rest(publish: Publish, webhooks: Webhooks) -> None:
    """When the run has ended, each webhook's last row is final and all before it say retrying."""
    endpoints = [webhooks.create(answers=answers) for answers in ([500], [500, 500, 200], [200])]

    journey = publish()

    words = [[row.status for row in rows_at_rest(journey, webhook)] for webhook in endpoints]
    assert words == [["retrying", "retrying", "failed"], ["retrying", "retrying", "success"], ["success"]]


@pytest.mark.requirement("REC-04")
def test_row_names_the_event_the_time_and_the_answer(publish: Publish, webhooks: Webhooks) -> None:
    """A row has the published id, the event's name, a time around the arrival and 1000 characters of the answer."""
    answer = "ä" * 600 + "z" * 900
    webhook = webhooks.create("*", answers=[Answer(status=200, body=answer.encode())])

    journey = publish("agreement/updated")

    [row], [attempt] = rows_at_rest(journey, webhook), journey.attempts(webhook)
    assert (row.event_id, row.event_type) == (journey.event["id"], "agreement/updated")
    assert row.response_body == answer[:1000]
    assert row.delivered_at is not None
    assert abs(row.delivered_at.timestamp() - attempt.at) < CLOCK_SLACK.total_seconds()


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
    assert abs(status.last_delivery_at.timestamp() - newest.attempts(webhook)[-1].at) < CLOCK_SLACK.total_seconds()


@pytest.mark.requirement("REC-05")
def test_counts_add_up_when_events_come_at_once(publish: Publish, webhooks: Webhooks, rows: Rows) -> None:
    """Success and failure counts are those of the rows, though twenty events arrive at the same time."""
    webhook = webhooks.create(answers=[200] * 10 + [500], retry_config={"maxAttempts": 1, "backoffMs": 20})

    for journey in publish.batch([publish.event() for _ in range(20)]):
        rows_at_rest(journey, webhook)

    words = [row.status for row in rows.deliveries(webhook_id=webhook.id)]
    status = rows.webhook_status(webhook.id)
    assert len(words) == 20
    assert (status.success_count, status.failure_count) == (words.count("success"), words.count("failed"))
