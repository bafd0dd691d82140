"""The row trap: one write is refused, as rarely as it must and as surely."""

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from harness.clients.row_trap import refusing_once
from harness.databases.local import LocalPostgres
from harness.errors import Inconclusive, NotApplicable
from harness.targets import Table

Connection = psycopg.Connection[tuple[object, ...]]
NOTES = Table(name="notes")
UPSERT = """INSERT INTO notes VALUES (%s, %s) ON CONFLICT (event_id) DO UPDATE SET status = EXCLUDED.status"""


@pytest.fixture(scope="module")
def dsn(postgres: LocalPostgres) -> str:
    """A database with one table, that an ordinary role may write to."""
    dsn = postgres.create_database("trap")
    with closing(psycopg.connect(dsn, autocommit=True)) as connection:
        connection.execute("CREATE TABLE notes (event_id text PRIMARY KEY, status text)")
        connection.execute("CREATE ROLE writer")
        connection.execute("GRANT SELECT, INSERT, UPDATE ON notes TO writer")
    return dsn


@pytest.fixture
def writer(dsn: str) -> Iterator[Connection]:
    """A dispatcher's connection: it owns nothing."""
    with closing(psycopg.connect(dsn, autocommit=True)) as connection:
        connection.execute("SET ROLE writer")
        yield connection


def test_matching_write_is_refused_once(dsn: str, writer: Connection) -> None:
    """The first write of the row is refused though its transaction is rolled back, and the second succeeds."""
    with refusing_once(dsn, NOTES, event_id="once", status="success") as trap:
        with pytest.raises(psycopg.errors.DiskFull):
            writer.execute(UPSERT, ["once", "success"])
        writer.execute(UPSERT, ["once", "success"])

        trap.require_sprung()
        assert writer.execute("SELECT status FROM notes WHERE event_id = 'once'").fetchone() == ("success",)


def test_update_is_refused_too(dsn: str, writer: Connection) -> None:
    """A dispatcher that writes the row first and its outcome later meets the trap at the outcome."""
    with refusing_once(dsn, NOTES, event_id="later", status="success"):
        writer.execute(UPSERT, ["later", "retrying"])

        with pytest.raises(psycopg.errors.DiskFull):
            writer.execute(UPSERT, ["later", "success"])


def test_other_rows_are_left_alone(dsn: str, writer: Connection) -> None:
    """Rows of others are written as ever, and a trap that nothing went into proves nothing."""
    with refusing_once(dsn, NOTES, event_id="mine", status="success") as trap:
        writer.execute(UPSERT, ["others", "success"])
        writer.execute(UPSERT, ["mine", "failed"])

        with pytest.raises(Inconclusive, match="it never made it"):
            trap.require_sprung()


def test_trap_is_removed(dsn: str, writer: Connection) -> None:
    """After the context the row can be written, and the database holds nothing of the trap."""
    with refusing_once(dsn, NOTES, event_id="after", status="success"):
        pass

    writer.execute(UPSERT, ["after", "success"])
    functions = "SELECT proname FROM pg_proc WHERE proname LIKE 'beema%'"
    relations = "SELECT relname FROM pg_class WHERE relname LIKE 'beema%'"
    assert [*writer.execute(functions), *writer.execute(relations)] == []


def test_database_that_allows_no_trap_is_inconclusive(dsn: str) -> None:
    """Where the suite may not create a trigger, it says so and judges nothing."""
    with (
        pytest.raises(Inconclusive, match="to let the suite create a trigger"),
        refusing_once(dsn, Table(name="no_table"), a=1),
    ):
        pass


def test_trap_speaks_the_targets_names(dsn: str, writer: Connection) -> None:
    """The contract's columns are looked for under the names that the target gives them, in the schema that it names."""
    theirs = Table(name="public.notes", columns={"id": "event_id", "outcome": "status"})

    with refusing_once(dsn, theirs, id="theirs", outcome="success"), pytest.raises(psycopg.errors.DiskFull):
        writer.execute(UPSERT, ["theirs", "success"])


def test_no_trap_is_set_on_what_the_target_lacks(dsn: str) -> None:
    """A column that the target declares absent can't be trapped: nothing is judged, and nothing is blamed."""
    poor = Table(name="notes", columns={"status": None})

    with (
        pytest.raises(NotApplicable, match="notes that holds the contract's 'status'"),
        refusing_once(dsn, poor, status=1),
    ):
        pass
