"""The two tables: reading a webhook afresh, and recording what became of each attempt."""

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, LiteralString

import psycopg
from psycopg import AsyncConnection, sql
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

from reference_dispatcher.values import Delivery, Outcome, Webhook

Params = Mapping[str, Any]
Statement = LiteralString | sql.Composed

log = logging.getLogger("reference_dispatcher")


class Database:
    """A pool of connections that opens in the background: the service starts and stays up without a database.

    Args:
        url: Address of the database.
        patience: Seconds that a caller waits for a connection at most.
    """

    def __init__(self, url: str, *, patience: float = 3.0) -> None:
        self._pool: AsyncConnectionPool[AsyncConnection[DictRow]] = AsyncConnectionPool(
            url,
            connection_class=AsyncConnection[DictRow],
            kwargs={"autocommit": True, "row_factory": dict_row, "connect_timeout": 2},
            min_size=1,
            max_size=10,
            open=False,
            timeout=patience,
            # The pool's own back-off doubles up to minutes; a database that is back should be used at once.
            reconnect_timeout=0.25,
            reconnect_failed=AsyncConnectionPool.check,
            check=AsyncConnectionPool.check_connection,
        )

    async def open(self) -> None:
        """Start to connect; does not wait until that worked."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close()

    async def rows(self, query: Statement, params: Params) -> Sequence[DictRow]:
        """Run one statement and return its rows."""
        async with self.connection() as connection:
            return await (await connection.execute(query, params)).fetchall()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection[DictRow]]:
        """Give a connection, on which each statement commits by itself unless a transaction is opened."""
        try:
            async with self._pool.connection() as connection:
                yield connection
        except psycopg.Error as error:
            log.warning("database: %s", str(error).partition("\n")[0])  # what follows may quote a whole row
            raise


class WebhookReader:
    """Reads one webhook as it is now."""

    query = "SELECT webhook_id, url, secret, enabled, headers, retry_config FROM sys_webhooks WHERE webhook_id = %(id)s"

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, webhook_id: int) -> Webhook | None:
        """Return the webhook; None when it is deleted."""
        rows = await self._database.rows(self.query, {"id": webhook_id})
        return Webhook(**rows[0]) if rows else None


class SqlRecorder:
    """Writes one row for each attempt and keeps the status columns of its webhook, both in one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, delivery: Delivery, outcome: Outcome) -> None:
        """Record an attempt. Doing so again changes nothing, and a webhook that is deleted needs no record."""
        row = _row(delivery, outcome)
        async with self._database.connection() as connection, connection.transaction():
            if await _is_there(connection, row):
                before = await _earlier_status(connection, row)
                await connection.execute(_UPSERT, row)
                await connection.execute(_COUNT, row | _growth(before, outcome.status))
                await connection.execute(_SHOW_NEWEST, row)


async def _is_there(connection: AsyncConnection[DictRow], row: Params) -> bool:
    """Lock the webhook, so that records of one webhook follow each other and counts are exact."""
    return bool(await (await connection.execute(_LOCK, row)).fetchone())


async def _earlier_status(connection: AsyncConnection[DictRow], row: Params) -> str | None:
    earlier = await (await connection.execute(_EARLIER, row)).fetchone()
    return earlier["status"] if earlier else None


def _growth(before: str | None, after: str) -> dict[str, int]:
    """Return by how much the counts of successful and of other attempts grow."""
    return {
        "successes": (after == "success") - (before == "success"),
        "failures": (after != "success") - (before not in {"success", None}),
    }


def _row(delivery: Delivery, outcome: Outcome) -> dict[str, Any]:
    row = {
        "webhook_id": delivery.webhook_id,
        "event_id": delivery.event_id,
        "event_type": delivery.event_type,
        "attempt_number": outcome.number,
        "status": outcome.status,
        "status_code": outcome.status_code,
        "response_body": outcome.response_body,
        "error_message": outcome.error_message,
        "delivered_at": outcome.finished_at,
        "disable": outcome.disable,
    }
    # Postgres can hold no NUL in a text, and a row without it is better than no row.
    return {name: value.replace("\0", "") if isinstance(value, str) else value for name, value in row.items()}


_LOCK = "SELECT 1 FROM sys_webhooks WHERE webhook_id = %(webhook_id)s FOR UPDATE"

_EARLIER = """
    SELECT status FROM sys_webhook_deliveries
    WHERE event_id = %(event_id)s AND webhook_id = %(webhook_id)s AND attempt_number = %(attempt_number)s
"""

_UPSERT = """
    INSERT INTO sys_webhook_deliveries
        (webhook_id, event_id, event_type, attempt_number,
         status, status_code, response_body, error_message, delivered_at)
    VALUES (%(webhook_id)s, %(event_id)s, %(event_type)s, %(attempt_number)s,
            %(status)s, %(status_code)s, %(response_body)s, %(error_message)s, %(delivered_at)s)
    ON CONFLICT (event_id, webhook_id, attempt_number) DO UPDATE
    SET status = EXCLUDED.status, status_code = EXCLUDED.status_code, response_body = EXCLUDED.response_body,
        error_message = EXCLUDED.error_message, delivered_at = EXCLUDED.delivered_at
"""

_COUNT = """
    UPDATE sys_webhooks
    SET success_count = success_count + %(successes)s, failure_count = failure_count + %(failures)s,
        enabled = enabled AND NOT %(disable)s
    WHERE webhook_id = %(webhook_id)s
"""

_SHOW_NEWEST = """
    UPDATE sys_webhooks
    SET last_status = %(status)s, last_status_code = %(status_code)s, last_event_id = %(event_id)s,
        last_delivery_at = %(delivered_at)s
    WHERE webhook_id = %(webhook_id)s AND (last_delivery_at IS NULL OR last_delivery_at <= %(delivered_at)s)
"""
