"""A trap in the database: it refuses one write, as a disk that is full for a moment does, and then never again."""

import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg
from psycopg import sql

from harness.clients.tables import column_of, name_of
from harness.errors import Inconclusive
from harness.targets import Table

_SET = """
    SET lock_timeout = '5s';
    CREATE SEQUENCE {trap} MINVALUE 0 START 0;
    CREATE FUNCTION {trap}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $body$
    BEGIN
      IF nextval({name}) = 0 THEN  -- unlike a row, a sequence keeps its value when the write is rolled back
        RAISE EXCEPTION 'refused once, by the suite' USING ERRCODE = 'disk_full';
      END IF;
      RETURN NEW;
    END $body$;
    CREATE TRIGGER {trap} BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION {trap}()
"""
_REMOVE = "DROP TRIGGER {trap} ON {table}; DROP FUNCTION {trap}(); DROP SEQUENCE {trap}"
_SPRUNG = "SELECT is_called FROM {trap}"


class RowTrap:
    """A trap that is set."""

    def __init__(self, connection: "psycopg.Connection[tuple[bool]]", trap: sql.Identifier) -> None:
        self._connection = connection
        self._trap = trap

    def require_sprung(self) -> None:
        """Make sure that a write was refused.

        Raises:
            Inconclusive: None was, so nothing was shown.
        """
        row = self._connection.execute(sql.SQL(_SPRUNG).format(trap=self._trap)).fetchone()
        if row != (True,):
            raise Inconclusive(
                "the dispatcher to make the write that the suite refuses once.",
                "it never made it.",
                "see how this dispatcher records a success; stage 8 judges whether its rows are right.",
            )


@contextmanager
def refusing_once(dsn: str, table: Table, **columns: object) -> Iterator[RowTrap]:
    """Refuse the first write of a row with these values, as long as the context lasts.

    Args:
        dsn: Address of the database.
        table: The table; other rows of it can be written as ever.
        columns: What the refused row will hold, by the contract's names.

    Raises:
        NotApplicable: The target lacks one of the columns.
        Inconclusive: The database does not let the suite set a trap.
    """
    name = f"beema_verify_{secrets.token_hex(4)}"
    condition = [sql.SQL("NEW.{} = {}").format(column_of(table, column), value) for column, value in columns.items()]
    parts = {
        "trap": sql.Identifier(name),
        "name": sql.Literal(name),
        "table": name_of(table),
        "condition": sql.SQL(" AND ").join(condition),
    }
    with closing(psycopg.connect(dsn, autocommit=True)) as connection:
        _set(connection, sql.SQL(_SET).format(**parts))
        try:
            yield RowTrap(connection, sql.Identifier(name))
        finally:
            connection.execute(sql.SQL(_REMOVE).format(**parts))


def _set(connection: "psycopg.Connection[tuple[bool]]", statement: sql.Composed) -> None:
    try:
        connection.execute(statement)
    except psycopg.Error as error:
        raise Inconclusive(
            "the database to let the suite create a trigger.",
            f"{str(error).strip()}.",
            "give the suite's DSN the rights of the tables' owner.",
        ) from error
