"""SQL that speaks the contract's names to the suite, and the target's own to its database."""

from collections.abc import Iterable

from psycopg import sql

from harness.errors import NotApplicable
from harness.targets import Table

WEBHOOKS, DELIVERIES = Table(name="sys_webhooks"), Table(name="sys_webhook_deliveries")
"""The tables as the contract names them."""


def name_of(table: Table) -> sql.Identifier:
    """Return the name of a table, which may say its schema: `schema.table`."""
    return sql.Identifier(*table.name.split("."))


def column_of(table: Table, column: str) -> sql.Identifier:
    """Return the target's name of a column.

    Raises:
        NotApplicable: The target lacks the column, so nothing can be written to it or asked of it.
    """
    theirs = table.column(column)
    if theirs is None:
        raise NotApplicable(
            f"a column of {table.name} that holds the contract's {column!r}.",
            "the target declares that it has none.",
            "nothing, unless the target's file is wrong.",
        )
    return sql.Identifier(theirs)


def selected(table: Table, columns: Iterable[str]) -> sql.Composed:
    """Return what to select so that each column comes under the contract's name, and as NULL if the target lacks it."""
    return sql.SQL(", ").join(
        sql.SQL("{} AS {}").format(
            sql.NULL if table.column(column) is None else column_of(table, column), sql.Identifier(column)
        )
        for column in columns
    )
