"""The rows of webhooks and deliveries, read and written with plain SQL; the contract's names become the target's."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypeVar, cast

import psycopg
from psycopg import sql
from psycopg.rows import RowFactory, class_row, dict_row, tuple_row

from harness.clients.tables import DELIVERIES, WEBHOOKS, column_of, name_of, selected
from harness.errors import SetupError
from harness.tag import SUITE, Tag
from harness.targets import Table, Target

T = TypeVar("T", "Delivery", "WebhookStatus")

_CONNECTION: Mapping[str, Any] = {"autocommit": True, "connect_timeout": 5}

_NOT_THERE = (
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.InvalidSchemaName,
    psycopg.errors.InsufficientPrivilege,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One row of the deliveries: one attempt."""

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
    """The delivery status that a webhook's own row shows; None where the target has no such column."""

    enabled: bool
    last_status: str | None
    last_status_code: int | None
    last_event_id: str | None
    last_delivery_at: datetime | None
    success_count: int | None
    failure_count: int | None


class Rows:
    """Reads and writes the two tables.

    Args:
        dsn: Address of the database that the dispatcher writes to.
        webhooks: The table of webhooks as the target has it.
        deliveries: The table of deliveries.
        created_by: Stands in every webhook row that is written, so that the suite can tell its own.

    Raises:
        SetupError: The database cannot be reached.
    """

    def __init__(
        self, dsn: str, webhooks: Table = WEBHOOKS, deliveries: Table = DELIVERIES, *, created_by: str = SUITE
    ) -> None:
        self._created_by = created_by
        self._webhooks = webhooks
        self._deliveries = deliveries
        self._dsn = dsn
        try:
            self._connection = psycopg.connect(dsn, **_CONNECTION)
        except psycopg.OperationalError as error:
            raise SetupError(
                "the database to accept a connection.", f"{error}.", "check the DSN and the server."
            ) from error

    @classmethod
    def of(cls, dsn: str, target: Target, tag: Tag) -> "Rows":
        """Return the rows of a target's database, for a run of this tag."""
        return cls(dsn, target.webhooks, target.deliveries, created_by=tag.created_by)

    def close(self) -> None:
        self._connection.close()

    def create_webhook(self, **columns: Any) -> int:
        """Insert a webhook, tagged as the suite's own, and return its id; dicts become JSON."""
        columns.setdefault("created_by", self._created_by)
        statement = sql.SQL("{} RETURNING {}").format(
            _insertion(self._webhooks, columns), column_of(self._webhooks, "webhook_id")
        )
        row = self._execute(statement, map(_sql_value, columns.values())).fetchone()
        if row is None:
            raise SetupError(
                "an id for the new webhook.", "INSERT … RETURNING gave no row.", "check triggers and rules."
            )
        return int(row[0])

    def webhook_named(self, name: str, *, tenant: str) -> bool:
        """Tell whether a tenant has a webhook of that name."""
        return bool(self._read(WebhookStatus, self._webhooks, {"webhook_name": name, "tenant_id": tenant}))

    def update_webhook(self, webhook_id: int, **columns: Any) -> None:
        assignments = sql.SQL(", ").join(
            sql.SQL("{} = {}").format(column_of(self._webhooks, column), sql.Placeholder()) for column in columns
        )
        statement = sql.SQL("UPDATE {} SET {} WHERE {} = %s").format(
            name_of(self._webhooks), assignments, column_of(self._webhooks, "webhook_id")
        )
        self._execute(statement, [*map(_sql_value, columns.values()), webhook_id])

    def delete_webhook(self, webhook_id: int) -> None:
        """Delete a webhook, and its deliveries first: not every database does that by itself."""
        for table in (self._deliveries, self._webhooks):
            statement = sql.SQL("DELETE FROM {} WHERE {} = %s").format(name_of(table), column_of(table, "webhook_id"))
            self._execute(statement, [webhook_id])

    def record(self, webhook_id: int, **columns: Any) -> None:
        """Write the row of a first attempt as a dispatcher would, for trying the judges."""
        row = {"webhook_id": webhook_id, "attempt_number": 1, **columns}
        self._execute(_insertion(self._deliveries, row), row.values())

    def deliveries(self, *, event_id: str | None = None, webhook_id: int | None = None) -> tuple[Delivery, ...]:
        """Return the rows of an event, of a webhook or of both together, by webhook and attempt."""
        wanted = {"event_id": event_id, "webhook_id": webhook_id}
        return self._read(Delivery, self._deliveries, wanted, order=("webhook_id", "attempt_number"))

    def webhook_status(self, webhook_id: int) -> WebhookStatus:
        found = self._read(WebhookStatus, self._webhooks, {"webhook_id": webhook_id})
        if not found:
            raise SetupError(f"webhook {webhook_id} to exist.", "no such row.", "see who deleted it.")
        return found[0]

    def columns(self, table: Table) -> frozenset[str]:
        """Return the target's own names of a table's columns; empty when there is no such table."""
        query = """SELECT attname FROM pg_attribute
                    WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped"""
        rows = self._execute(sql.SQL(query), [name_of(table).as_string(self._connection)])
        return frozenset(str(row[0]) for row in rows)

    def everything_of(self, webhook_id: int) -> str:
        """Return all that the deliveries of a webhook say, as one text, for finding what must not be there."""
        query = sql.SQL("SELECT * FROM {} WHERE {} = %s").format(
            name_of(self._deliveries), column_of(self._deliveries, "webhook_id")
        )
        rows = self._execute(query, [webhook_id], row_factory=dict_row)
        return "\n".join(str(row) for row in rows)

    def now(self) -> datetime:
        """Return the database's clock."""
        [(moment,)] = self._execute(sql.SQL("SELECT clock_timestamp()"), [])
        return cast("datetime", moment)

    def _execute(
        self, statement: sql.SQL | sql.Composed, values: Iterable[Any], *, row_factory: RowFactory[Any] = tuple_row
    ) -> "psycopg.Cursor[Any]":
        """Execute a statement; what the database refuses of its values passes through: that can be a promise kept.

        Raises:
            SetupError: The database is gone, or has no such table or column, or not for us.
        """
        given = [*values]
        try:
            return self._answer(statement, given, row_factory)
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise SetupError(
                "the database to answer.",
                f"{str(error).splitlines()[0]}.",
                "see whether it is up, and its log in the artifacts.",
            ) from error
        except _NOT_THERE as error:
            raise SetupError(
                "the tables and columns of the contract, under the names that the target gives them.",
                f"{str(error).splitlines()[0]}.",
                "see PLAT-03, the migration, and [tables] in the target's file.",
            ) from error

    def _answer(
        self, statement: sql.SQL | sql.Composed, values: Sequence[Any], row_factory: RowFactory[Any]
    ) -> "psycopg.Cursor[Any]":
        """Execute a statement, on a new connection if the server was restarted since the last one."""
        try:
            return self._connection.cursor(row_factory=row_factory).execute(statement, values)
        except psycopg.OperationalError:
            if not self._connection.broken:
                raise
            self._connection = psycopg.connect(self._dsn, **_CONNECTION)
            return self._connection.cursor(row_factory=row_factory).execute(statement, values)

    def _read(
        self, row: type[T], table: Table, wanted: Mapping[str, Any], *, order: Iterable[str] = ()
    ) -> tuple[T, ...]:
        """Return the rows of a table that have these values; None stands for any."""
        given: dict[str, Any] = {column: value for column, value in wanted.items() if value is not None}
        query = sql.SQL("SELECT {} FROM {}").format(
            selected(table, [field.name for field in fields(row)]), name_of(table)
        )
        if given:
            conditions = [sql.SQL("{} = %s").format(column_of(table, column)) for column in given]
            query += sql.SQL(" WHERE ") + sql.SQL(" AND ").join(conditions)
        if order:
            query += sql.SQL(" ORDER BY ") + sql.SQL(", ").join([column_of(table, column) for column in order])
        return tuple(self._execute(query, given.values(), row_factory=class_row(row)))


def _insertion(table: Table, columns: Iterable[str]) -> sql.Composed:
    names = [column_of(table, column) for column in columns]
    return sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        name_of(table), sql.SQL(", ").join(names), sql.SQL(", ").join([sql.Placeholder()] * len(names))
    )


def _sql_value(value: Any) -> Any:
    """Turn a mapping or a list into JSON text, which Postgres casts by the column's type."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, Mapping | list) else value
