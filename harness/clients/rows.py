"""The rows of `sys_webhooks` and `sys_webhook_deliveries`, read and written with plain SQL."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import class_row, dict_row

from harness.errors import SetupError

CREATED_BY = "beema-verify"
"""Tag of every webhook row that the suite writes, so that it can tell its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One row of `sys_webhook_deliveries`: one attempt."""

    delivery_id: Any
    webhook_id: int
    event_id: str
    event_type: str
    status: str
    status_code: int | None
    response_body: str | None
    error_message: str | None
    attempt_number: int
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookStatus:
    """The delivery status that `sys_webhooks` shows for a webhook."""

    enabled: bool
    last_status: str | None
    last_status_code: int | None
    last_event_id: str | None
    last_delivery_at: datetime | None
    success_count: int
    failure_count: int


class Rows:
    """Reads and writes the two tables.

    Args:
        dsn: Address of the database that the dispatcher writes to.

    Raises:
        SetupError: The database cannot be reached.
    """

    def __init__(self, dsn: str) -> None:
        try:
            self._connection = psycopg.connect(dsn, autocommit=True, connect_timeout=5)
        except psycopg.OperationalError as error:
            raise SetupError(
                "the database to accept a connection.", f"{error}.", "check the DSN and the server."
            ) from error

    def close(self) -> None:
        self._connection.close()

    def create_webhook(self, **columns: Any) -> int:
        """Insert a webhook, tagged as the suite's own, and return its id; dicts become JSON."""
        columns.setdefault("created_by", CREATED_BY)
        statement = sql.SQL("INSERT INTO sys_webhooks ({}) VALUES ({}) RETURNING webhook_id").format(
            sql.SQL(", ").join(map(sql.Identifier, columns)), sql.SQL(", ").join([sql.Placeholder()] * len(columns))
        )
        row = self._connection.execute(statement, [_sql_value(value) for value in columns.values()]).fetchone()
        if row is None:
            raise SetupError(
                "an id for the new webhook.", "INSERT … RETURNING gave no row.", "check triggers and rules."
            )
        return int(row[0])

    def update_webhook(self, webhook_id: int, **columns: Any) -> None:
        assignments = sql.SQL(", ").join(
            sql.SQL("{} = {}").format(sql.Identifier(column), sql.Placeholder()) for column in columns
        )
        statement = sql.SQL("UPDATE sys_webhooks SET {} WHERE webhook_id = %s").format(assignments)
        self._connection.execute(statement, [*map(_sql_value, columns.values()), webhook_id])

    def delete_webhook(self, webhook_id: int) -> None:
        self._connection.execute("DELETE FROM sys_webhooks WHERE webhook_id = %s", [webhook_id])

    def record(self, webhook_id: int, *, event_id: str, event_type: str, status: str, status_code: int) -> None:
        """Write a row as a dispatcher would, for trying the judges."""
        self._connection.execute(
            """INSERT INTO sys_webhook_deliveries
                      (webhook_id, event_id, event_type, status, status_code, attempt_number)
               VALUES (%s, %s, %s, %s, %s, 1)""",
            [webhook_id, event_id, event_type, status, status_code],
        )

    def deliveries(self, *, event_id: str | None = None, webhook_id: int | None = None) -> tuple[Delivery, ...]:
        """Return the rows of an event, of a webhook or of both together, by webhook and attempt."""
        query = """SELECT delivery_id, webhook_id, event_id, event_type, status, status_code, response_body,
                          error_message, attempt_number, delivered_at
                     FROM sys_webhook_deliveries
                    WHERE (%(event)s::text IS NULL OR event_id = %(event)s)
                      AND (%(webhook)s::bigint IS NULL OR webhook_id = %(webhook)s)
                 ORDER BY webhook_id, attempt_number"""
        with self._connection.cursor(row_factory=class_row(Delivery)) as cursor:
            return tuple(cursor.execute(query, {"event": event_id, "webhook": webhook_id}).fetchall())

    def webhook_status(self, webhook_id: int) -> WebhookStatus:
        query = """SELECT enabled, last_status, last_status_code, last_event_id, last_delivery_at,
                          success_count, failure_count
                     FROM sys_webhooks WHERE webhook_id = %s"""
        with self._connection.cursor(row_factory=class_row(WebhookStatus)) as cursor:
            status = cursor.execute(query, [webhook_id]).fetchone()
        if status is None:
            raise SetupError(f"webhook {webhook_id} to exist.", "no such row.", "see who deleted it.")
        return status

    def columns(self, table: str) -> frozenset[str]:
        """Return the names of a table's columns; empty when there is no such table."""
        query = "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
        return frozenset(str(row[0]) for row in self._connection.execute(query, [table]))

    def everything_of(self, webhook_id: int) -> str:
        """Return all that the deliveries of a webhook say, as one text, for finding what must not be there."""
        with self._connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute("SELECT * FROM sys_webhook_deliveries WHERE webhook_id = %s", [webhook_id]).fetchall()
        return "\n".join(str(row) for row in rows)

    def now(self) -> datetime:
        """Return the database's clock."""
        row = self._connection.execute("SELECT clock_timestamp()").fetchone()
        if row is None:
            raise SetupError("the database's clock.", "no row.", "check the connection.")
        moment: datetime = row[0]
        return moment


def _sql_value(value: Any) -> Any:
    """Turn a mapping or a list into JSON text, which Postgres casts by the column's type."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, Mapping | list) else value
