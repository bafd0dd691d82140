"""What the tests of the reference dispatcher share: settings, a database, and a tenant of its own for each test."""

import importlib
import secrets
import socket
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

import reference_dispatcher
from harness.databases.local import LocalPostgres
from reference_dispatcher.settings import Settings, read_settings
from reference_dispatcher.store import Database
from tests.unit.reference_dispatcher.tables import Tables

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the SDK defines a model in a way that pydantic deprecates
    importlib.import_module("inngest.fast_api")

SCHEMA = Path(reference_dispatcher.__file__).parent / "schema.sql"


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio, as the dispatcher runs."""
    return "asyncio"


@pytest.fixture
def unused_port() -> int:
    """A port of loopback on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@pytest.fixture(scope="session")
def dsn(postgres: LocalPostgres) -> str:
    """A database with the two tables; the schema is applied twice, as it may be."""
    dsn = postgres.create_database("beema")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(SCHEMA.read_bytes())
        connection.execute(SCHEMA.read_bytes())
    return dsn


@pytest.fixture
def settings(dsn: str) -> Settings:
    """The settings of a dispatcher in the dev mode that may reach loopback."""
    return read_settings(environ={"DATABASE_URL": dsn, "INNGEST_DEV": "1", "WEBHOOK_ALLOW_PRIVATE": "1"})


@pytest.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    """The dispatcher's own way to the database, open."""
    database = Database(dsn)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def tenant() -> str:
    """A tenant that no other test has."""
    return f"tenant-{secrets.token_hex(6)}"


@pytest.fixture
def tables(dsn: str, tenant: str) -> Iterator[Tables]:
    """The tables as another program sees them."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield Tables(connection, tenant)
