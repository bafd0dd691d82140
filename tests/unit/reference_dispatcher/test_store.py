"""The rows: one for each attempt, counts that add up, whatever is repeated, concurrent, late or gone."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import psycopg
import pytest

from harness.databases.local import LocalPostgres
from reference_dispatcher.store import Database, SqlRecorder, WebhookReader
from tests.unit.reference_dispatcher.making import delivery, outcome, webhook
from tests.unit.reference_dispatcher.tables import Tables

pytestmark = pytest.mark.anyio

Open = Callable[[float], Awaitable[Database]]


def counts(tables: Tables, webhook_id: int) -> tuple[Any, Any]:
    """Return how many attempts succeeded and failed, as the webhook shows them."""
    status = tables.status(webhook_id)
    return status["success_count"], status["failure_count"]


async def test_attempt_is_recorded(database: Database, tables: Tables) -> None:
    """An attempt leaves a row that says what happened, and its webhook shows it."""
    hook = tables.webhook()
    failed = outcome(status="retrying", status_code=500, response_body="no", error_message="the receiver answered 500")

    await SqlRecorder(database).record(delivery(webhook_id=hook), failed)

    [row] = tables.deliveries(hook)
    assert (row["event_id"], row["event_type"], row["attempt_number"]) == ("event-1", "policy/bound", 1)
    assert (row["status"], row["status_code"], row["response_body"]) == ("retrying", 500, "no")
    assert row["delivered_at"] == tables.status(hook)["last_delivery_at"]


async def test_recording_again_changes_nothing(database: Database, tables: Tables) -> None:
    """A recording that is repeated, because its first confirmation was lost, leaves one row and counts it once."""
    hook = tables.webhook()
    for _ in range(3):
        await SqlRecorder(database).record(delivery(webhook_id=hook), outcome())

    assert len(tables.deliveries(hook)) == 1
    assert counts(tables, hook) == (1, 0)


async def test_counts_add_up_under_concurrency(database: Database, tables: Tables) -> None:
    """Attempts of one webhook that are recorded at the same moment are all counted."""
    hook = tables.webhook()
    recorder = SqlRecorder(database)
    await asyncio.gather(
        *(
            recorder.record(
                delivery(webhook_id=hook, event_id=f"event-{number}"),
                outcome(status="success" if number % 3 else "failed"),
            )
            for number in range(60)
        )
    )

    assert len(tables.deliveries(hook)) == 60
    assert counts(tables, hook) == (40, 20)


async def test_recording_twice_at_once_counts_once(database: Database, tables: Tables) -> None:
    """The same attempt that is recorded several times at the same moment is one row and counted once."""
    hook = tables.webhook()
    recorder = SqlRecorder(database)
    await asyncio.gather(*(database.rows("SELECT pg_sleep(0.3)", {}) for _ in range(10)))  # opens ten connections
    await asyncio.gather(*(recorder.record(delivery(webhook_id=hook), outcome()) for _ in range(10)))

    assert len(tables.deliveries(hook)) == 1
    assert counts(tables, hook) == (1, 0)


async def test_newest_outcome_is_shown(database: Database, tables: Tables) -> None:
    """An older outcome that is recorded late does not replace the newest one, but counts."""
    hook = tables.webhook()
    recorder = SqlRecorder(database)
    late = outcome(status="failed", status_code=500, finished_at="2026-11-23T11:59:59+00:00")
    await recorder.record(delivery(webhook_id=hook, event_id="newer"), outcome(status_code=201))
    await recorder.record(delivery(webhook_id=hook, event_id="older"), late)

    status = tables.status(hook)
    assert (status["last_status"], status["last_status_code"], status["last_event_id"]) == ("success", 201, "newer")
    assert counts(tables, hook) == (1, 1)


async def test_attempt_that_is_not_followed_becomes_failed(database: Database, tables: Tables) -> None:
    """When the next attempt is called off, the row that announced it becomes final, and counts stay right."""
    hook = tables.webhook()
    recorder = SqlRecorder(database)
    await recorder.record(delivery(webhook_id=hook), outcome(status="retrying", status_code=500))
    await recorder.record(delivery(webhook_id=hook), outcome(status="failed", status_code=500))

    assert [row["status"] for row in tables.deliveries(hook)] == ["failed"]
    assert tables.status(hook)["last_status"] == "failed"
    assert counts(tables, hook) == (0, 1)


async def test_repeated_event_of_another_outcome_is_recounted(database: Database, tables: Tables) -> None:
    """A run that is run again by hand replaces the row of its attempt, and the counts follow."""
    hook = tables.webhook()
    recorder = SqlRecorder(database)
    await recorder.record(delivery(webhook_id=hook), outcome(status="failed", status_code=500))
    await recorder.record(delivery(webhook_id=hook), outcome(status="success"))

    assert counts(tables, hook) == (1, 0)


async def test_deleted_webhook_needs_no_record(database: Database, tables: Tables) -> None:
    """A webhook that is deleted while it is delivered to does not make the recording fail."""
    hook = tables.webhook()
    tables.delete(hook)

    await SqlRecorder(database).record(delivery(webhook_id=hook), outcome())

    assert tables.deliveries(hook) == []


async def test_webhook_that_is_gone_is_disabled(database: Database, tables: Tables) -> None:
    """An outcome that says so disables its webhook, and no other one."""
    gone, other = tables.webhook(), tables.webhook()

    await SqlRecorder(database).record(
        delivery(webhook_id=gone), outcome(status="failed", status_code=410, disable=True)
    )

    assert (tables.status(gone)["enabled"], tables.status(other)["enabled"]) == (False, True)


async def test_text_that_postgres_cannot_hold_does_not_cost_the_row(database: Database, tables: Tables) -> None:
    """A NUL in an id or a text is left out, and the row is there."""
    hook = tables.webhook()

    await SqlRecorder(database).record(delivery(webhook_id=hook, event_id="a\0b"), outcome(error_message="\0x"))

    assert [(row["event_id"], row["error_message"]) for row in tables.deliveries(hook)] == [("ab", "x")]


async def test_webhook_is_read_as_it_is(database: Database, tables: Tables) -> None:
    """Reading gives the row as it stands now, broken values included."""
    hook = tables.webhook(headers=None, retry_config={"maxAttempts": "x"}, url=None, secret=None, enabled=None)

    expected = webhook(
        webhook_id=hook, headers=None, retry_config={"maxAttempts": "x"}, url=None, secret=None, enabled=None
    )
    assert await WebhookReader(database).read(hook) == expected


async def test_deleted_webhook_is_read_as_none(database: Database, tables: Tables) -> None:
    """A webhook that is deleted reads as None."""
    hook = tables.webhook()
    tables.delete(hook)

    assert await WebhookReader(database).read(hook) is None


@pytest.fixture
async def opened(dsn: str) -> AsyncIterator[Open]:
    """Opens databases of a given patience."""
    async with AsyncExitStack() as stack:

        async def open_one(patience: float) -> Database:
            database = Database(dsn, patience=patience)
            stack.push_async_callback(database.close)
            await database.open()
            await database.rows("SELECT 1", {})
            return database

        yield open_one


async def test_database_that_is_away_is_an_error_soon(opened: Open, postgres: LocalPostgres, tables: Tables) -> None:
    """While the database is away, whoever asks is told after the patience, and not kept waiting."""
    reader, hook = WebhookReader(await opened(0.3)), tables.webhook()
    postgres.kill()
    try:
        with pytest.raises(psycopg.OperationalError):
            await asyncio.wait_for(reader.read(hook), 3)
    finally:
        postgres.start()


async def test_database_that_is_back_is_used_at_once(opened: Open, postgres: LocalPostgres, tables: Tables) -> None:
    """Whoever waits for the database when it comes back is answered, and not only those who ask later."""
    reader, hook = WebhookReader(await opened(30)), tables.webhook()
    postgres.kill()
    waiting = asyncio.create_task(reader.read(hook))
    await asyncio.wait([waiting], timeout=2)  # until every attempt that the question itself caused has failed
    await asyncio.to_thread(postgres.start)

    assert await asyncio.wait_for(waiting, 5) is not None
