"""The footprint of a run in a platform that others use: which rows are its own, and which are other people's."""

from collections.abc import Collection, Mapping
from typing import Any

import psycopg
from psycopg import sql

from harness.catalogue import EXAMPLES
from harness.clients.tables import column_of, name_of
from harness.errors import SetupError
from harness.tag import SUITE, Tag
from harness.targets import Target

TRIES = 3
"""A dispatcher that is still at work may record an attempt between the two deletions."""


class Footprint:
    """Tells a run's own rows by its tag, and removes them.

    Args:
        target: Names the database and its tables.
        tag: The run's.

    Raises:
        SetupError: The database cannot be reached.
    """

    def __init__(self, target: Target, tag: Tag) -> None:
        self._target = target
        self._tag = tag
        try:
            self._connection = psycopg.connect(target.dsn, autocommit=True, connect_timeout=5)
        except psycopg.OperationalError as error:
            reason = str(error).splitlines()[0]
            raise SetupError(
                "the database to accept a connection.",
                f"{reason}.",
                "see whether it is up, and [database] of the target's file.",
            ) from None

    def close(self) -> None:
        self._connection.close()

    def remove(self, gone: Collection[int]) -> tuple[int, int]:
        """Remove the webhooks of this run and their deliveries, and return how many of each there were.

        Args:
            gone: Webhooks of this run that it deleted itself; a database may have kept their deliveries.
        """
        for _ in range(TRIES - 1):
            try:
                return self._remove(gone)
            except psycopg.errors.ForeignKeyViolation:
                continue
        return self._remove(gone)

    def left_by_others(self) -> Mapping[str, int]:
        """Return the tags of other runs whose webhooks are still there, and how many there are of each."""
        query = "SELECT {created_by}, count(*) FROM {webhooks} WHERE {created_by} LIKE {suites} GROUP BY 1 ORDER BY 1"
        found = self._execute(query, suites=f"{SUITE}%").fetchall()
        return {str(created_by): count for created_by, count in found if created_by != self._tag.created_by}

    def strangers(self, tenant: str) -> list[str]:
        """Return other people's webhooks that an event of the catalogue would reach if it were of this tenant."""
        query = """SELECT {webhook_id}, {event_type} FROM {webhooks}
                    WHERE {tenant_id} = {tenant} AND {enabled} AND {created_by} IS DISTINCT FROM {mine}
                      AND {event_type} = ANY({names}) ORDER BY 1"""
        names = ["*", *EXAMPLES]
        found = self._execute(query, tenant=tenant, mine=self._tag.created_by, names=names).fetchall()
        return [f"{webhook_id} ({event_type})" for webhook_id, event_type in found]

    def _remove(self, gone: Collection[int]) -> tuple[int, int]:
        own = "SELECT {webhook_id} FROM {webhooks} WHERE {created_by} = {mine} OR starts_with({tenant_id}, {tenants})"
        with self._connection.transaction():
            found = self._execute(own, mine=self._tag.created_by, tenants=self._tag.tenants).fetchall()
            ids = [row[0] for row in found]
            deletion = "DELETE FROM {deliveries} WHERE {delivery_webhook} = ANY({ids})"
            deliveries = self._execute(deletion, ids=[*ids, *gone]).rowcount
            webhooks = self._execute("DELETE FROM {webhooks} WHERE {webhook_id} = ANY({ids})", ids=ids).rowcount
        return webhooks, deliveries

    def _execute(self, query: str, **values: Any) -> "psycopg.Cursor[Any]":
        return self._connection.execute(_named(query, self._target, values))


def by_hand(target: Target, created_by: str) -> list[str]:
    """Return the statements that remove what one run left."""
    statements = (
        """DELETE FROM {deliveries}
            WHERE {delivery_webhook} IN (SELECT {webhook_id} FROM {webhooks} WHERE {created_by} = {whose});""",
        "DELETE FROM {webhooks} WHERE {created_by} = {whose};",
    )
    composed = [_named(" ".join(statement.split()), target, {"whose": created_by}) for statement in statements]
    return [statement.as_string(None) for statement in composed]


def _named(query: str, target: Target, values: Mapping[str, Any]) -> sql.Composed:
    """Return a query with the target's names of tables and columns, and with values as literals."""
    columns = ("webhook_id", "tenant_id", "event_type", "enabled", "created_by")
    names = {column: column_of(target.webhooks, column) for column in columns}
    return sql.SQL(query).format(
        webhooks=name_of(target.webhooks),
        deliveries=name_of(target.deliveries),
        delivery_webhook=column_of(target.deliveries, "webhook_id"),
        **names,
        **{name: sql.Literal(value) for name, value in values.items()},
    )
