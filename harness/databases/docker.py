"""Postgres in a container."""

import secrets
from contextlib import closing
from pathlib import Path

import psycopg

from harness.containers.connection import connect
from harness.containers.managed import ManagedContainer
from harness.containers.starting import Blueprint
from harness.databases import CONFIGURATION, SUPERUSER
from harness.processes.ports import free_port
from harness.processes.reaper import Reaper

PORT = 5432
TO_START = 60.0
"""Seconds until the server takes connections; it makes its files first."""

TO_CONNECT = 2
TWICE = 2
"""Connections that must succeed in a row: the official image starts its server once for itself before."""


class DockerPostgres:
    """One server; it can be stopped, killed and started again on the same port and data until the run is over.

    Attributes:
        kind: Such as "docker (postgres:16-alpine)".
        version: Such as "PostgreSQL 16.4"; known once started.
    """

    def __init__(self, image: str, *, session: str, reaper: Reaper, log_path: Path) -> None:
        """Describe a server; nothing is started yet.

        Args:
            image: The image, which is there.
            session: The run that the container is of.
            reaper: Removes it at the end, however this process dies.
            log_path: Its log.

        Raises:
            SetupError: Docker does not answer any more.
        """
        self.kind = f"docker ({image})"
        self.version = "not started"
        self.log_path = log_path
        place = connect().place
        self._host, self._port = place.host, free_port()
        self._password = secrets.token_hex(16)
        self._answers = 0
        blueprint = Blueprint(
            name="database",
            image=image,
            command=[
                "postgres",
                *(word for name, value in CONFIGURATION.items() for word in ("-c", f"{name}={value}")),
            ],
            environment={"POSTGRES_PASSWORD": self._password, "POSTGRES_INITDB_ARGS": "--no-sync --locale=C.UTF-8"},
            port=PORT,
            published=self._port,
            bind=place.bind,
            stop_signal="SIGINT",  # "fast": ends connections instead of waiting for them
        )
        self._container = ManagedContainer(blueprint, session=session, log_path=log_path, reaper=reaper)

    def start(self) -> None:
        """Start the server and wait until it takes connections, asked from here.

        Raises:
            SetupError: It does not come up; the text has the end of its log.
        """
        self._answers = 0
        self._container.start()
        self.version = self._container.wait_until_ready(self._ready, within=TO_START)

    def stop(self) -> None:
        """Stop the server and keep its data; connections are ended, what was committed is kept."""
        self._container.stop()

    def kill(self) -> None:
        """End the server with SIGKILL and keep its data, as a crash would."""
        self._container.kill()

    def restart(self) -> None:
        """Stop the server if it runs, and start it on the same port and data."""
        self.stop()
        self.start()

    def dsn(self, database: str = SUPERUSER) -> str:
        """Return the connection string of a database; it holds the password."""
        return f"postgresql://{SUPERUSER}:{self._password}@{self._host}:{self._port}/{database}"

    def _ready(self) -> str | None:
        """Return the server's version once it has answered often enough in a row."""
        try:
            with closing(psycopg.connect(self.dsn(), connect_timeout=TO_CONNECT)) as connection:
                self._answers += 1
                version = connection.info.parameter_status("server_version")
        except psycopg.OperationalError:
            self._answers = 0
            return None
        return f"PostgreSQL {version}" if self._answers >= TWICE else None
