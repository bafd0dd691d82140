"""The reconciliation finds what was lost, doubled or not recorded, and accuses nobody where all agrees."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field

import psycopg
import pytest

from harness.databases.local import LocalPostgres
from harness.stack import SCHEMA
from harness.targets import Target
from harness.targets.reader import load as read_target
from load.reconciliation import Progress, Reconciliation

EVENTS, WEBHOOKS = ("e1", "e2", "e3"), (1, 2)
PUBLISHED_AT, ARRIVED_AT, SEEN_AT = 100.0, 100.25, 101.0

Connection = psycopg.Connection[tuple[object, ...]]
Row = tuple[str, int, int, str, int | None]
"""Event, webhook, number of the attempt, status and code."""


@dataclass(slots=True, kw_only=True)
class Facts:
    """What happened in a load of which every delivery arrived once and has its row."""

    published: list[tuple[str, float]] = field(default_factory=lambda: [(event, PUBLISHED_AT) for event in EVENTS])
    runs: list[tuple[str, float | None, bool]] = field(
        default_factory=lambda: [(event, 100.1, True) for event in EVENTS]
    )
    arrivals: list[tuple[str, int, float]] = field(
        default_factory=lambda: [(event, webhook, ARRIVED_AT) for event in EVENTS for webhook in WEBHOOKS]
    )
    rows: list[Row] = field(
        default_factory=lambda: [(event, webhook, 1, "success", 200) for event in EVENTS for webhook in WEBHOOKS]
    )
    miscount: int = 0


@pytest.fixture(scope="module")
def target() -> Target:
    """One whose tables are called as in the contract."""
    return read_target("reference", environment={})


@pytest.fixture(scope="module")
def dsn(postgres: LocalPostgres) -> str:
    """A database with the tables of the contract."""
    dsn = postgres.create_database("load")
    with closing(psycopg.connect(dsn, autocommit=True)) as connection:
        connection.execute(SCHEMA.read_bytes())
    return dsn


@pytest.fixture
def database(dsn: str) -> Iterator[Connection]:
    """A connection to it; what a test wrote is gone afterwards."""
    with closing(psycopg.connect(dsn, autocommit=True)) as connection:
        for webhook in WEBHOOKS:
            connection.execute(
                "INSERT INTO sys_webhooks (webhook_id, webhook_name, event_type) VALUES (%s, %s, '*')",
                (webhook, webhook),
            )
        yield connection
        connection.execute("TRUNCATE sys_webhooks CASCADE")


@pytest.fixture
def books(dsn: str, target: Target, database: object) -> Iterator[Reconciliation]:
    """The books of a load for both webhooks."""
    assert database
    with closing(Reconciliation(dsn, target, WEBHOOKS)) as books:
        yield books


def enter(books: Reconciliation, database: Connection, facts: Facts) -> Progress:
    """Let these facts happen, and enter them."""
    database.cursor().executemany(
        "INSERT INTO sys_webhook_deliveries (event_id, webhook_id, attempt_number, status, status_code, event_type)"
        " VALUES (%s, %s, %s, %s, %s, 'policy/bound')",
        facts.rows,
    )
    database.execute(
        "UPDATE sys_webhooks SET success_count = %s + (SELECT count(*) FROM sys_webhook_deliveries AS made"
        " WHERE made.webhook_id = sys_webhooks.webhook_id AND status = 'success')",
        (facts.miscount,),
    )
    books.publish(facts.published)
    books.start(facts.runs)
    books.deliver(facts.arrivals)
    return books.look(SEEN_AT)


def found(books: Reconciliation) -> dict[str, list[tuple[str, int]]]:
    """Return which events and webhooks are in each kind of imbalance."""
    return {each.kind: [(event, webhook) for event, webhook, _ in each.examples] for each in books.imbalances()}


def test_what_agrees_is_clean(books: Reconciliation, database: Connection) -> None:
    """Where each event arrived once at each webhook, and has its row and its run, there is no imbalance."""
    progress = enter(books, database, Facts())

    assert progress == Progress(delivered=6, recorded=6, open=0)
    assert books.imbalances() == ()


def test_lost_delivery_is_found(books: Reconciliation, database: Connection) -> None:
    """An event that never arrived at a webhook is lost."""
    facts = Facts()
    facts.arrivals.remove(("e2", 1, ARRIVED_AT))
    facts.rows.remove(("e2", 1, 1, "success", 200))

    assert enter(books, database, facts).open == 1
    assert found(books) == {"lost": [("e2", 1)]}


def test_duplicate_is_found(books: Reconciliation, database: Connection) -> None:
    """An event that arrived again after it was answered is a duplicate, and has no row of its own."""
    facts = Facts()
    facts.arrivals.append(("e3", 2, ARRIVED_AT + 1))

    enter(books, database, facts)

    assert found(books) == {"duplicate": [("e3", 2)], "unrecorded": [("e3", 2)]}


def test_recorded_duplicate_is_found(books: Reconciliation, database: Connection) -> None:
    """A duplicate is one even though the dispatcher recorded it."""
    facts = Facts()
    facts.arrivals.append(("e3", 2, ARRIVED_AT + 1))
    facts.rows.append(("e3", 2, 2, "success", 200))

    enter(books, database, facts)

    assert found(books) == {"duplicate": [("e3", 2)]}


@pytest.mark.parametrize("arrived_before", [True, False])
def test_attempt_after_silence_is_no_duplicate(
    books: Reconciliation, database: Connection, *, arrived_before: bool
) -> None:
    """Who saw no answer, and says so in a row, may try again, whether or not the first attempt had arrived."""
    facts = Facts()
    facts.rows.remove(("e1", 1, 1, "success", 200))
    facts.rows.extend([("e1", 1, 1, "retrying", None), ("e1", 1, 2, "success", 200)])
    facts.arrivals.extend([("e1", 1, ARRIVED_AT + 1)] * arrived_before)

    assert enter(books, database, facts).open == 0
    assert found(books) == {}
    assert books.retried() == 1


def test_unrecorded_delivery_is_found(books: Reconciliation, database: Connection) -> None:
    """An arrival without a row is unrecorded."""
    facts = Facts()
    facts.rows.remove(("e1", 2, 1, "success", 200))

    assert enter(books, database, facts).open == 1
    assert found(books) == {"unrecorded": [("e1", 2)]}


def test_row_that_stays_retrying_is_found(books: Reconciliation, database: Connection) -> None:
    """A delivery none of whose rows is final is unrecorded, and one that becomes final is no longer open."""
    facts = Facts()
    facts.rows[0] = ("e1", 1, 1, "retrying", 200)

    assert enter(books, database, facts).open == 1
    assert found(books)["unrecorded"] == [("e1", 1)]
    database.execute("UPDATE sys_webhook_deliveries SET status = 'success' WHERE status = 'retrying'")
    assert books.look(SEEN_AT).open == 0


def test_phantom_is_found(books: Reconciliation, database: Connection) -> None:
    """A row of an answer that nobody gave is a phantom, be the event known or not."""
    facts = Facts()
    facts.rows.extend([("e1", 1, 2, "failed", 500), ("never", 2, 1, "failed", 500)])

    enter(books, database, facts)

    assert found(books) == {"phantom": [("e1", 1), ("never", 2)]}


def test_stray_is_found(books: Reconciliation, database: Connection) -> None:
    """What arrives and was never published is a stray."""
    facts = Facts()
    facts.arrivals.append(("never", 1, ARRIVED_AT))
    facts.rows.append(("never", 1, 1, "success", 200))

    enter(books, database, facts)

    assert found(books) == {"stray": [("never", 1)]}


def test_lost_update_of_a_count_is_found(books: Reconciliation, database: Connection) -> None:
    """A webhook whose count of successes is not that of its rows is miscounted."""
    enter(books, database, Facts(miscount=-1))

    assert found(books) == {"miscounted": [("all", 1), ("all", 2)]}


def test_event_without_an_ended_run_is_found(books: Reconciliation, database: Connection) -> None:
    """An event must have started a run of the dispatcher, and one that has ended."""
    facts = Facts()
    facts.runs[1:] = [("e2", 100.1, False)]

    enter(books, database, facts)

    assert found(books) == {"without a run": [("e3", 0)], "unended": [("e2", 0)]}


def test_late_delivery_is_counted(books: Reconciliation, database: Connection) -> None:
    """A delivery is late by the time from its publication to its first arrival, and nobody is blamed for it."""
    facts = Facts()
    facts.arrivals[0] = ("e1", 1, PUBLISHED_AT + 31)

    enter(books, database, facts)

    assert (books.late(30.0), books.late(0.1), found(books)) == (1, 6, {})


def test_hops_are_measured(books: Reconciliation, database: Connection) -> None:
    """Each hop has its percentiles over all that came so far, and the load its events, deliveries and seconds."""
    enter(books, database, Facts())

    spread = {each.hop: (each.count, each.p50, each.p99) for each in books.latencies()}
    assert spread == {
        "published → run started": (3, pytest.approx(0.1), pytest.approx(0.1)),
        "published → delivered": (6, 0.25, 0.25),
        "delivered → recorded": (6, 0.75, 0.75),
    }
    assert books.totals() == {"events": 3, "deliveries": 6, "publishing": 0.0, "seconds": 0.25}


def test_nothing_stays_in_the_database(dsn: str, target: Target, database: Connection) -> None:
    """When the books are closed, the database is as it was."""
    with closing(Reconciliation(dsn, target, WEBHOOKS)) as books:
        enter(books, database, Facts())

    [(tables,)] = database.execute(
        "SELECT count(*) FROM pg_class WHERE relname IN ('published', 'recorded', 'attempts')"
    )
    assert tables == 0
