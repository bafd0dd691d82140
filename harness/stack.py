"""The stack: database, dispatcher, kernel and engine, started in order, stopped together, logs kept."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from harness.clients.dispatcher import DispatcherClient
from harness.clients.inngest import InngestClient
from harness.clients.kernel import KernelClient
from harness.engines import Engine
from harness.engines.embedded import EmbeddedEngine
from harness.processes.ports import free_port, require_free_port
from harness.processes.reaper import Reaper
from harness.services import LOOPBACK, ROOT, Part, Service, module_service
from harness.settings import Settings

SCHEMA = ROOT / "reference_dispatcher" / "schema.sql"
EVENT_KEY = "local"
APP, FUNCTION = "beema-studio", "webhook-dispatcher"
READY_WITHIN = 20.0
"""Seconds that a part may take to start; each usually takes one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where the parts of a running stack are: all that a client, or another process, needs to know."""

    engine: str
    dispatcher: str
    kernel: str
    dsn: str
    logs: str
    event_key: str = EVENT_KEY
    app: str = APP
    function: str = FUNCTION

    @property
    def slug(self) -> str:
        """The dispatcher's function as Inngest names it."""
        return f"{self.app}-{self.function}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clients:
    """A client for each part of a stack that speaks HTTP."""

    inngest: InngestClient
    kernel: KernelClient
    dispatcher: DispatcherClient

    @classmethod
    def of(cls, addresses: Addresses) -> "Clients":
        return cls(
            inngest=InngestClient(addresses.engine, addresses.event_key),
            kernel=KernelClient(addresses.kernel),
            dispatcher=DispatcherClient(addresses.dispatcher),
        )

    def close(self) -> None:
        for client in (self.inngest, self.kernel, self.dispatcher):
            client.http.close()


class Stack:
    """Everything that one dispatcher needs around it, on free ports of loopback.

    Args:
        settings: What to start.
        server_dsn: The Postgres server in which the stack has a database of its own.
        database: Name of that database.
        reaper: Cleans up should this process die.
        logs: Folder for one log a part.
    """

    def __init__(self, settings: Settings, *, server_dsn: str, database: str, reaper: Reaper, logs: Path) -> None:
        self._settings = settings
        self._server_dsn = server_dsn
        self._database = database
        ports = _ports(settings)
        urls = {part: f"http://{LOOPBACK}:{port}" for part, port in ports.items()}
        self.addresses = Addresses(**urls, dsn=make_conninfo(server_dsn, dbname=database), logs=str(logs))
        sdk_url = f"{self.addresses.dispatcher}/api/inngest"
        part = partial(Part, logs=logs, reaper=reaper, within=settings.within(READY_WITHIN))
        self._engine: Engine = EmbeddedEngine()
        self.engine = part(self._engine.service(port=ports["engine"], sdk_url=sdk_url))
        self.dispatcher = part(self._dispatcher_service(ports["dispatcher"]))
        self.kernel = part(self._kernel_service(ports["kernel"]))

    def launch(self) -> None:
        """Start what needs no other part to be up; returns at once, so that the database can start meanwhile."""
        self.dispatcher.launch()
        self.kernel.launch()

    def wait(self) -> None:
        """Wait until every part answers; the engine starts last, because it syncs with the dispatcher as it starts.

        Raises:
            SetupError: A part can't be started; those that were are still to be closed.
        """
        self._apply_schema()
        self.dispatcher.wait()
        self.engine.start()
        self.kernel.wait()

    def close(self) -> None:
        """Stop every part: all are asked at once, since each takes a moment to end."""
        parts = (self.engine, self.kernel, self.dispatcher)
        with ThreadPoolExecutor(len(parts)) as pool:
            list(pool.map(Part.stop, parts))

    def engine_report(self) -> dict[str, str | None]:
        """Return what every header, summary and report says of the engine that judged."""
        with closing(Clients.of(self.addresses)) as clients:
            version = clients.inngest.version()
        return {"kind": self._engine.kind, "version": version, "image": self._engine.image, "mode": self._engine.mode}

    def _apply_schema(self) -> None:
        with psycopg.connect(self._server_dsn, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self._database)))
        with psycopg.connect(self.addresses.dsn, autocommit=True) as connection:
            connection.execute(SCHEMA.read_bytes())

    def _inngest_environment(self) -> dict[str, str]:
        return {"INNGEST_BASE_URL": self.addresses.engine, "INNGEST_EVENT_KEY": EVENT_KEY, "INNGEST_DEV": "1"}

    def _dispatcher_service(self, port: int) -> Service:
        environment = {"DATABASE_URL": self.addresses.dsn, "WEBHOOK_ALLOW_PRIVATE": "1", "WEBHOOK_TIMEOUT_SECONDS": "2"}
        environment |= self._inngest_environment()
        module = self._settings.dispatcher
        return module_service(module, name="dispatcher", port=port, health="/api/health", environment=environment)

    def _kernel_service(self, port: int) -> Service:
        environment = self._inngest_environment()
        module = self._settings.kernel
        return module_service(module, name="kernel", port=port, health="/actuator/health", environment=environment)


def _ports(settings: Settings) -> dict[str, int]:
    """Return the port of each part: the one that was asked for, if it is free, else any."""
    wanted = {
        "engine": settings.engine_port,
        "dispatcher": settings.dispatcher_port,
        "kernel": settings.kernel_port,
    }
    for part, port in wanted.items():
        if port:
            require_free_port(port, LOOPBACK, f"{part.upper()}_PORT")
    return {part: port or free_port() for part, port in wanted.items()}
