"""Databases: the ways in which Postgres is had, each behind the same Protocol."""

from collections.abc import Mapping
from typing import Protocol

SUPERUSER = "postgres"

CONFIGURATION: Mapping[str, str] = {
    "max_connections": "200",
    # Kills of processes lose nothing with these off, only a crash of the whole machine would. synchronous_commit stays
    # on: without it a killed server loses commits that it has confirmed, and the suite would blame the dispatcher.
    "fsync": "off",
    "full_page_writes": "off",
}
"""How every server of the suite is configured, wherever it runs."""


class Breakable(Protocol):
    """A server that a test may take away for a while, whoever started it."""

    def kill(self) -> None:
        """Take it away at once; its data is kept."""

    def start(self) -> None:
        """Start it again and wait until it takes connections.

        Raises:
            SetupError: It does not come up.
        """


class Database(Breakable, Protocol):
    """One server, which can be stopped, killed and started again on the same port and data.

    Attributes:
        kind: How it is had; known once started.
        version: Such as "PostgreSQL 15.18"; known once started.
    """

    kind: str
    version: str

    def start(self) -> None:
        """Start the server and wait until it takes connections.

        Raises:
            SetupError: It does not come up.
        """

    def stop(self) -> None:
        """Stop the server and keep its data; connections are ended, what was committed is kept."""

    def kill(self) -> None:
        """End the server and everything it started with SIGKILL, and keep its data, as a crash would."""

    def restart(self) -> None:
        """Stop the server if it runs, and start it on the same port and data."""

    def dsn(self) -> str:
        """Return the connection string of the superuser's own database; it holds the password."""
        ...
