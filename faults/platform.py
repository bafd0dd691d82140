"""Faults of what the platform stands on: the tables, the clocks and the ports."""

import email.utils
from dataclasses import replace
from typing import Any, LiteralString

import inngest
import uvicorn.server
from fastapi import FastAPI, Request, Response

from faults.catalogue import fault
from faults.changes import Handler
from reference_dispatcher.app import Design
from reference_dispatcher.store import Database

HEALTH = "/api/health"
SLOW = 60.0
"""Seconds by which a clock is slow."""

CLOCK_OF_ITS_OWN: LiteralString = """
    CREATE SCHEMA clocks;
    CREATE FUNCTION clocks.clock_timestamp() RETURNS timestamptz LANGUAGE sql
        AS $$ SELECT pg_catalog.clock_timestamp() - interval '1 hour' $$;
    DO $$ BEGIN
        EXECUTE format('ALTER DATABASE %I SET search_path = public, clocks, pg_catalog', current_database());
    END $$"""


def with_migration(design: Design, migration: LiteralString) -> Design:
    """Return the design that migrates the database before it first says that it is up."""

    def routes(app: FastAPI, client: inngest.Inngest, database: Database) -> None:
        async def migrating(request: Request, handle: Handler) -> Response:
            if request.url.path == HEALTH and waiting:
                async with database.connection() as connection:
                    await connection.execute(waiting[0])
                waiting.clear()
            return await handle(request)

        waiting = [migration]
        design.routes(app, client, database)
        app.middleware("http")(migrating)

    return replace(design, routes=routes)


@fault("PLAT-03", hop="stack", stays_green=("PLAT-01", "PLAT-02"))
def column_renamed(design: Design) -> Design:
    """A migration has given the column of the attempt's number another name."""
    return with_migration(design, "ALTER TABLE sys_webhook_deliveries RENAME attempt_number TO attempt")


@fault("PLAT-03", hop="stack", stays_green=("PLAT-01", "PLAT-02"))
def migration_of_the_counts_not_run(design: Design) -> Design:
    """The migration that adds the counts to the table of webhooks was never run."""
    return with_migration(design, "ALTER TABLE sys_webhooks DROP success_count, DROP failure_count")


@fault("PLAT-06", hop="stack", stays_green=("PLAT-02", "PLAT-03"))
def clock_of_the_database_slow(design: Design) -> Design:
    """The database's clock is an hour slow."""
    return with_migration(design, CLOCK_OF_ITS_OWN)


@fault("PLAT-06", hop="stack", stays_green=("PLAT-02", "PLAT-03"))
def clock_of_the_dispatcher_slow(design: Design) -> Design:
    """The clock by which the dispatcher dates its answers is a minute slow."""

    def slow(now: float, *, usegmt: bool) -> str:
        return email.utils.formatdate(now - SLOW, usegmt=usegmt)

    def routes(*parts: Any) -> None:
        vars(uvicorn.server)["formatdate"] = slow  # it dates every answer, and lets nobody else
        design.routes(*parts)

    return replace(design, routes=routes)


@fault("SEC-06", hop="stack", stays_green=("PLAT-01", "PLAT-02"), target="faults/open_ports.toml")
def ports_open_to_everybody(design: Design) -> Design:
    """The Compose file publishes the dispatcher's port on every address of the machine."""
    return design
