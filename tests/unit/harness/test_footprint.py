"""A run's rows are told from other people's and other runs', and only they are removed."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from harness.clients.footprint import Footprint, by_hand
from harness.clients.rows import Rows
from harness.databases.local import LocalPostgres
from harness.stack import SCHEMA
from harness.tag import Tag
from harness.targets import Target

MINE, OTHERS = Tag(run="aaaaaa"), Tag(run="bbbbbb")


@pytest.fixture
def target(postgres: LocalPostgres, request: pytest.FixtureRequest) -> Target:
    """A platform of which only the database is there, empty."""
    dsn = postgres.create_database(request.node.name[:60])
    with closing(psycopg.connect(dsn, autocommit=True)) as connection:
        connection.execute(SCHEMA.read_bytes())
    return Target(name="theirs", kind="external", folder=Path(), dsn=dsn)


class World:
    """Rows of this run, of another run and of somebody else, by whose they are."""

    def __init__(self, target: Target, running: ExitStack) -> None:
        self.rows = {
            "mine": running.enter_context(closing(Rows.of(target.dsn, target, MINE))),
            "other run": running.enter_context(closing(Rows.of(target.dsn, target, OTHERS))),
            "somebody": running.enter_context(closing(Rows(target.dsn, created_by="alice"))),
        }

    def webhook(self, whose: str, **columns: Any) -> int:
        """Create a webhook with one delivery."""
        made = {"webhook_name": f"{whose} {columns}", "tenant_id": "default", "event_type": "*", "url": "http://x/"}
        webhook = self.rows[whose].create_webhook(**made | {"secret": "s"} | columns)
        self.rows[whose].record(webhook, event_id="e", event_type="test/event", status="success", status_code=200)
        return webhook

    def left(self) -> list[int]:
        """Return the webhooks of which there is still a delivery."""
        return [row.webhook_id for row in self.rows["mine"].deliveries()]


@pytest.fixture
def world(target: Target) -> Iterator[World]:
    """Rows to be told apart."""
    with ExitStack() as running:
        yield World(target, running)


@pytest.fixture
def footprint(target: Target) -> Iterator[Footprint]:
    """The footprint of the run whose rows are mine."""
    with closing(Footprint(target, MINE)) as footprint:
        yield footprint


def test_own_rows_alone_are_removed(footprint: Footprint, world: World) -> None:
    """What this run wrote is gone, by its tag or by its tenant; everything else stays, and the counts are right."""
    kept = [world.webhook("other run"), world.webhook("somebody")]
    world.webhook("mine")
    world.webhook("somebody", tenant_id=f"{MINE.tenants}made-by-the-api")

    assert footprint.remove(gone=()) == (2, 2)
    assert world.left() == kept


def test_deliveries_of_webhooks_that_are_gone_go_too(target: Target, footprint: Footprint, world: World) -> None:
    """Where the database kept the deliveries of a webhook that the run deleted, they are removed by its id."""
    with closing(psycopg.connect(target.dsn, autocommit=True)) as connection:
        connection.execute("ALTER TABLE sys_webhook_deliveries DROP CONSTRAINT sys_webhook_deliveries_webhook_id_fkey")
    webhook = world.webhook("mine")
    with closing(psycopg.connect(target.dsn, autocommit=True)) as connection:
        connection.execute("DELETE FROM sys_webhooks")

    assert footprint.remove(gone=[webhook]) == (0, 1)


def test_rows_of_other_runs_are_named(footprint: Footprint, world: World) -> None:
    """What other runs left is counted by tag; people's rows and this run's own are not among it."""
    for whose in ("mine", "other run", "somebody"):
        world.webhook(whose)

    assert footprint.left_by_others() == {"beema-verify bbbbbb": 1}


def test_statements_for_people_remove_one_run(target: Target, world: World) -> None:
    """The SQL that a person is told to run removes that run's rows and no other's."""
    kept = world.webhook("somebody")
    world.webhook("other run")

    with closing(psycopg.connect(target.dsn, autocommit=True)) as connection:
        for statement in by_hand(target, "beema-verify bbbbbb"):
            connection.execute(statement.encode())

    assert world.left() == [kept]


def test_strangers_are_those_who_would_hear(footprint: Footprint, world: World) -> None:
    """Other people's enabled webhooks of the tenant that match an event of the catalogue are told, and no others."""
    heard = [world.webhook("somebody"), world.webhook("other run", event_type="claim/opened")]
    world.webhook("mine")
    world.webhook("somebody", enabled=False)
    world.webhook("somebody", tenant_id="acme")
    world.webhook("somebody", event_type="invoice/paid")

    assert footprint.strangers("default") == [f"{heard[0]} (*)", f"{heard[1]} (claim/opened)"]
