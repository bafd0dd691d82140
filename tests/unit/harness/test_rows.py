"""Rows: the suite speaks the contract's names, and each database is asked in its own."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import psycopg
import pytest

from harness.clients.rows import Rows
from harness.databases.local import LocalPostgres
from harness.errors import NotApplicable, SetupError
from harness.tag import SUITE
from harness.targets import DELIVERY_COLUMNS, STATUS_COLUMNS, WEBHOOK_COLUMNS, Table

SCHEMA = """
CREATE SCHEMA "Hooks";
CREATE TABLE "Hooks".endpoint (
  "endpointId" serial PRIMARY KEY, name text, tenant text, topic text, target text, "signing secret" text NOT NULL,
  active boolean, headers json, retries json, author text, url text DEFAULT 'not the url'
);
CREATE TABLE "Hooks".call (
  id serial, endpoint integer REFERENCES "Hooks".endpoint ON DELETE CASCADE, event_id text, event_type text,
  outcome text, code integer, response_body text, error_message text, number integer, delivered_at timestamptz
);
CREATE TABLE endpoint (last_status text);
"""
WEBHOOKS = Table(
    name="Hooks.endpoint",
    columns={
        "webhook_id": "endpointId",
        "webhook_name": "name",
        "tenant_id": "tenant",
        "event_type": "topic",
        "url": "target",
        "secret": "signing secret",
        "enabled": "active",
        "retry_config": "retries",
        "created_by": "author",
        **dict.fromkeys((*STATUS_COLUMNS, "created_at", "updated_at")),
    },
)
DELIVERIES = Table(
    name="Hooks.call",
    columns={
        "delivery_id": "id",
        "webhook_id": "endpoint",
        "status": "outcome",
        "status_code": "code",
        "attempt_number": "number",
    },
)
COLUMNS = {
    "webhook_name": "mine",
    "tenant_id": "t",
    "event_type": "*",
    "url": "http://x/",
    "secret": "s",
    "enabled": True,
}

Connection = psycopg.Connection[tuple[object, ...]]


@pytest.fixture(scope="module")
def dsn(postgres: LocalPostgres) -> str:
    """A database in which nothing is called as in the contract, and some columns are missing."""
    dsn = postgres.create_database("renamed")
    with closing(psycopg.connect(dsn, autocommit=True)) as connection:
        connection.execute(SCHEMA)
    return dsn


@pytest.fixture
def rows(dsn: str) -> Iterator[Rows]:
    """The rows of that database."""
    with closing(Rows(dsn, WEBHOOKS, DELIVERIES)) as rows:
        yield rows


@pytest.fixture
def database(dsn: str) -> Iterator[Connection]:
    """The same database by its own names."""
    with closing(psycopg.connect(dsn, autocommit=True)) as connection:
        yield connection


def test_webhook_is_written_under_the_targets_names(rows: Rows, database: Connection) -> None:
    """What is created, changed and deleted by the contract's names is so in the target's columns, tagged as ours."""
    webhook = rows.create_webhook(**COLUMNS, headers={"X-A": "ž"})
    rows.update_webhook(webhook, url="http://y/", retry_config={"maxAttempts": 1})

    query = """SELECT name, target, "signing secret", headers, retries, author, url FROM "Hooks".endpoint"""
    expected = ("mine", "http://y/", "s", {"X-A": "ž"}, {"maxAttempts": 1}, SUITE, "not the url")
    assert database.execute(query).fetchone() == expected
    rows.delete_webhook(webhook)
    assert database.execute(query).fetchone() is None


def test_rows_outlive_a_restart_of_the_server(rows: Rows, database: Connection) -> None:
    """A connection that the server has ended is replaced, and what was asked is answered."""
    before = rows.now()
    database.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")

    assert rows.now() > before


def test_deliveries_are_read_under_the_contracts_names(rows: Rows) -> None:
    """Rows are found by event, by webhook and by both, in their order, and hold what the target's columns hold."""
    first, second = rows.create_webhook(**COLUMNS), rows.create_webhook(**COLUMNS)
    for webhook, event in ((second, "evt-1"), (first, "evt-1"), (first, "evt-2")):
        rows.record(webhook, event_id=event, event_type="policy/bound", status="success", status_code=201)

    found = rows.deliveries(event_id="evt-1")

    assert [(row.webhook_id, row.status, row.status_code, row.attempt_number, row.error_message) for row in found] == [
        (first, "success", 201, 1, None),
        (second, "success", 201, 1, None),
    ]
    assert [row.event_id for row in rows.deliveries(webhook_id=first)] == ["evt-1", "evt-2"]
    assert rows.deliveries(event_id="evt-2", webhook_id=second) == ()
    assert "'outcome': 'success'" in rows.everything_of(first)


def test_column_that_is_not_there_reads_as_nothing(rows: Rows) -> None:
    """Status and counts that the target does not keep are None, never a number that nobody counted."""
    status = rows.webhook_status(rows.create_webhook(**COLUMNS))

    assert status.enabled is True
    assert (status.last_status, status.last_delivery_at, status.success_count) == (None, None, None)


def test_column_that_is_not_there_is_never_written(rows: Rows) -> None:
    """Whoever writes to a column that the target renounces is told so."""
    with pytest.raises(NotApplicable, match="'last_status'"):
        rows.create_webhook(**COLUMNS, last_status="success")


@pytest.mark.parametrize(("table", "columns"), [(WEBHOOKS, WEBHOOK_COLUMNS), (DELIVERIES, DELIVERY_COLUMNS)])
def test_columns_are_those_of_that_very_table(rows: Rows, table: Table, columns: tuple[str, ...]) -> None:
    """All declared columns are found in their schema, and those of a namesake elsewhere are not taken for them."""
    declared = {table.column(column) for column in columns} - {None}

    assert declared <= rows.columns(table)
    assert "last_status" not in rows.columns(table)
    assert rows.columns(replace(table, name="Hooks.nothing")) == frozenset()


@pytest.mark.parametrize(
    "wrong", [replace(WEBHOOKS, name="endpoints"), replace(WEBHOOKS, columns={}), replace(WEBHOOKS, name="no.endpoint")]
)
def test_table_that_is_not_there_could_not_be_judged(dsn: str, wrong: Table) -> None:
    """A wrong name in the target's file is told as such, without a traceback and without blaming the dispatcher."""
    with closing(Rows(dsn, wrong)) as rows, pytest.raises(SetupError, match="under the names that the target gives"):
        rows.create_webhook(**COLUMNS)


def test_what_the_database_refuses_of_a_value_passes_through(rows: Rows) -> None:
    """A row that the schema rules out is no trouble with names: the test decides what to make of it."""
    with pytest.raises(psycopg.errors.NotNullViolation):
        rows.create_webhook(**{**COLUMNS, "secret": None})
