"""The stack: database, dispatcher, kernel and engine, started in order, stopped together, logs kept."""

import functools
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psycopg
from psycopg import sql

from harness.addresses import Addresses, database_url
from harness.clients.dispatcher import DispatcherClient
from harness.clients.inngest import InngestClient
from harness.clients.kernel import KernelClient
from harness.engines import Engine, Keys
from harness.errors import SetupError
from harness.platform import dispatcher_service, kernel_service
from harness.processes.managed import ManagedProcess
from harness.processes.ports import LOOPBACK, free_port, require_free_port
from harness.services import ROOT, Ground, Part, ProcessPart, Service, inherited
from harness.settings import Settings
from harness.targets import Command, Target

SCHEMA = ROOT / "reference_dispatcher" / "schema.sql"
EVENT_KEY = "local"
"""The key of the setup guide; a server in dev mode takes any."""

DATABASES = "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> current_database()"
"""The databases of a server that stacks have made, asked in the server's own."""

MIGRATION_TAKES = 3
"""How many times longer than a part a target's migration may take: it may have to compile first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clients:
    """A client for each part of a stack that speaks HTTP."""

    inngest: InngestClient
    kernel: KernelClient
    dispatcher: DispatcherClient

    @classmethod
    def of(cls, addresses: Addresses) -> "Clients":
        return cls(
            inngest=InngestClient(addresses.engine, addresses.event_key, addresses.signing_key),
            kernel=KernelClient(addresses.kernel),
            dispatcher=DispatcherClient(addresses.dispatcher, addresses.serve, addresses.signing_key),
        )

    def close(self) -> None:
        for client in (self.inngest, self.kernel, self.dispatcher):
            client.http.close()


class RunningStack(Protocol):
    """A stack whose parts a test may stop and start again, whoever started it."""

    @property
    def addresses(self) -> Addresses: ...

    @property
    def engine(self) -> Part: ...

    @property
    def dispatcher(self) -> Part: ...


class Stack:
    """Everything that one dispatcher needs around it, on free ports of this machine.

    Args:
        settings: What to start.
        target: Who is judged.
        engine: How Inngest is had.
        server_dsn: The Postgres server in which the stack has a database of its own.
        database: Name of that database.
        ground: What the parts stand on.
        keys: Makes it a stack in signed mode: Inngest checks keys and signs, the dispatcher runs in cloud mode.
        keep: Whether Inngest's store outlives its restarts.
        told: What the dispatcher is told beside what every dispatcher is told.
    """

    def __init__(
        self,
        settings: Settings,
        target: Target,
        engine: Engine,
        *,
        server_dsn: str,
        database: str,
        ground: Ground,
        keys: Keys | None = None,
        keep: bool = False,
        told: Mapping[str, str] | None = None,
    ) -> None:
        self._target = target
        self._ground = ground
        self._server_dsn = server_dsn
        self._database = database
        listen, ports = engine.reach.listen, _ports(settings, engine.reach.listen)
        origin = f"http://{engine.reach.host}:{ports['dispatcher']}"
        self.engine: Part = engine.part(
            port=ports["engine"], sdk_url=f"{origin}{target.dispatcher.serve}", keys=keys, ground=ground, keep=keep
        )
        self.addresses = Addresses(
            engine=self.engine.url,
            dispatcher=f"http://{engine.reach.here}:{ports['dispatcher']}",
            kernel="" if "kernel" in target.absent else f"http://{LOOPBACK}:{ports['kernel']}",
            dsn=database_url(server_dsn, database),
            logs=str(ground.logs),
            event_key=keys.event if keys else EVENT_KEY,
            signing_key=keys.signing if keys else "",
            app=target.app.id,
            function=target.app.function,
            serve=target.dispatcher.serve,
        )
        self._judged = functools.partial(
            dispatcher_service,
            target,
            addresses=self.addresses,
            listen=listen,
            port=ports["dispatcher"],
            origin=origin,
            further=told or {},
        )
        self.dispatcher: Part = ProcessPart(self._judged(module=settings.dispatcher), ground)
        kernel = kernel_service(target, settings.kernel, self.addresses, port=ports["kernel"])
        self._kernel = [ProcessPart(kernel, ground)] if self.addresses.kernel else []

    def launch(self) -> None:
        """Start what needs no other part to be up; returns at once, so that the database can start meanwhile."""
        for part in self._kernel:
            part.launch()
        if not self._needs_tables:
            self.dispatcher.launch()

    def wait(self) -> None:
        """Wait until every part answers; the engine starts last, because it syncs with the dispatcher as it starts.

        Raises:
            SetupError: A part can't be started; those that were are still to be closed.
        """
        self._create_database()
        if self._needs_tables:
            self.dispatcher.launch()
        self.dispatcher.wait()
        self.engine.start()
        for part in self._kernel:
            part.wait()

    def empty(self) -> None:
        """Stop dispatcher and engine, and remove all that is stored, so that nothing of this dispatcher is left.

        The tables are made anew, not emptied: a broken dispatcher may have changed them, or still hold them locked.
        """
        _stop([self.engine, self.dispatcher])
        self.engine.clear()
        with psycopg.connect(self._server_dsn, autocommit=True) as connection:
            for (name,) in connection.execute(DATABASES).fetchall():
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def judge(self, dispatcher: str, part: Callable[[Service, Ground], Part] = ProcessPart) -> None:
        """Put another dispatcher into an emptied stack.

        Args:
            dispatcher: The module, and its arguments.
            part: Makes the part of it.

        Raises:
            SetupError: It does not start; the other parts are up all the same.
        """
        self.dispatcher = part(self._judged(module=dispatcher), self._ground)
        self.dispatcher.launch()
        self._create_database()
        try:
            self.dispatcher.wait()
        finally:
            self.engine.start()

    def close(self) -> None:
        """Stop every part."""
        _stop([self.engine, self.dispatcher, *self._kernel])

    @property
    def _needs_tables(self) -> bool:
        """Whether the dispatcher may look at its tables as it starts; of the reference we know that it does not."""
        return self._target.kind != "reference"

    def _create_database(self) -> None:
        with psycopg.connect(self._server_dsn, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self._database)))
        migration = self._target.migration
        schema = migration.schema or (None if self._needs_tables else SCHEMA)
        if schema is not None:
            _apply(schema, self.addresses.dsn)
        if migration.command is not None:
            self._migrate(migration.command)

    def _migrate(self, command: Command) -> None:
        process = ManagedProcess.start(
            "the migration",
            command.arguments,
            env={**inherited(), "DATABASE_URL": self.addresses.dsn, **command.environment},
            log_path=self._ground.logs / "migration.log",
            reaper=self._ground.reaper,
            cwd=command.directory or ROOT,
        )
        process.wait_until_done(within=self._ground.within * MIGRATION_TAKES)


def _stop(parts: Sequence[Part]) -> None:
    """Stop parts: all are asked at once, since each takes a moment to end."""
    with ThreadPoolExecutor(len(parts)) as pool:
        list(pool.map(lambda part: part.stop(), parts))


def _apply(schema: Path, dsn: str) -> None:
    try:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(schema.read_bytes())
    except (OSError, psycopg.Error) as error:
        raise SetupError(
            f"{schema.name} to make the tables in an empty database.",
            f"{str(error).strip()}.",
            f"try it: psql -f {schema} on an empty database.",
        ) from error


def _ports(settings: Settings, listen: str) -> dict[str, int]:
    """Return the port of each part: the one that was asked for, if it is free, else any."""
    wanted = {
        "engine": (settings.engine_port, LOOPBACK),
        "dispatcher": (settings.dispatcher_port, listen),
        "kernel": (settings.kernel_port, LOOPBACK),
    }
    for part, (port, host) in wanted.items():
        if port:
            require_free_port(port, host, part, f"{part.upper()}_PORT")
    return {part: port or free_port(host) for part, (port, host) in wanted.items()}
