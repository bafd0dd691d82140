"""Targets: who is judged, and by which names it goes; `harness.targets.reader` reads them, docs/targets.md explains."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Kind = Literal["reference", "command", "external"]
"""Started by the suite as a Python module, started by the suite as any command, or running somewhere by itself."""

PARTS = ("kernel", "webhook_api", "deliveries_api", "guard", "signed_mode")
"""What a target may declare that it lacks; what needs it is then not applicable."""

STATUS_COLUMNS = (
    "last_status",
    "last_status_code",
    "last_event_id",
    "last_delivery_at",
    "success_count",
    "failure_count",
)
"""The columns of webhooks in which the setup guide promises the delivery status."""

OPTIONAL_COLUMNS = (*STATUS_COLUMNS, "created_at", "updated_at")
"""The columns of webhooks that a target may lack; without the others nothing could be judged, or told as our own."""

WEBHOOK_COLUMNS = (
    "webhook_id",
    "webhook_name",
    "tenant_id",
    "event_type",
    "url",
    "secret",
    "enabled",
    "headers",
    "retry_config",
    "created_by",
    *OPTIONAL_COLUMNS,
)
"""The contract's columns of the table of webhooks."""

DELIVERY_COLUMNS = (
    "delivery_id",
    "webhook_id",
    "event_id",
    "event_type",
    "status",
    "status_code",
    "response_body",
    "error_message",
    "attempt_number",
    "delivered_at",
)
"""The contract's columns of the table of deliveries; a target has all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """The dispatcher's function as Inngest names it."""

    id: str = "beema-studio"
    function: str = "webhook-dispatcher"

    @property
    def slug(self) -> str:
        return f"{self.id}-{self.function}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A program that the suite starts.

    Attributes:
        arguments: The command line.
        directory: Where it runs; None for the suite's own folder. A target's file means its own folder by default.
        environment: What it is told beside what every dispatcher is told.
    """

    arguments: Sequence[str]
    directory: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A part of the platform that speaks HTTP.

    Attributes:
        url: Where it runs; empty when the suite starts it.
        command: How the suite starts it; None when it runs by itself, or is the reference's.
        health: Path that answers below 500 as soon as it is up.
        serve: Path of the Inngest SDK's endpoint, where the part has one.
        guard: Variables that make a started dispatcher refuse addresses inside.
    """

    url: str = ""
    command: Command | None = None
    health: str
    serve: str = "/api/inngest"
    guard: Mapping[str, str] = field(default_factory=dict)


DISPATCHER = Service(health="/api/health", guard={"WEBHOOK_ALLOW_PRIVATE": "0"})
KERNEL = Service(health="/actuator/health")


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """How an empty database gets its tables: a file of SQL, or a command that is told `DATABASE_URL`."""

    schema: Path | None = None
    command: Command | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inngest:
    """Somebody's running Inngest; `mode` is `dev`, or `start` for one that checks keys and signs."""

    url: str
    mode: Literal["dev", "start"] = "dev"
    event_key: str = field(default="local", repr=False)
    signing_key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverAddress:
    """Where the receiver listens, and the host under which the dispatcher reaches it; port 0 takes a free one."""

    listen: str = "127.0.0.1"
    host: str = ""
    port: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """The header that signs a delivery: `PREFIX` followed by the HMAC-SHA256 of the exact body."""

    header: str = "X-Beema-Signature"
    prefix: str = "sha256="
    encoding: Literal["hex", "base64"] = "hex"


@dataclass(frozen=True, slots=True, kw_only=True)
class Headers:
    """Names of the other headers of a delivery."""

    event: str = "X-Beema-Event"
    delivery: str = "X-Beema-Delivery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table by its own name.

    Attributes:
        columns: The target's names of the contract's columns, where they differ; None for one that it lacks.
    """

    name: str
    columns: Mapping[str, str | None] = field(default_factory=dict)

    def column(self, name: str) -> str | None:
        """Return the target's name of one of the contract's columns; None when it lacks it."""
        return self.columns.get(name, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """What a target takes its time for.

    Attributes:
        attempt: Seconds after which the dispatcher gives an attempt up.
        scale: Multiplies the suite's deadlines for this target.
        retry: Seconds until Inngest tries a failed step again; those that the suite starts are told one second.
    """

    attempt: float = 2.0
    scale: float = 1.0
    retry: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """Commands by which the suite may disturb a part of a running target.

    Attributes:
        clear: Empties a store that the part keeps.
        kill: Ends the part at once, as a crash would.
    """

    stop: Sequence[str]
    start: Sequence[str]
    clear: Sequence[str] = ()
    kill: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A platform to judge.

    Attributes:
        name: What it is called in settings and reports.
        description: One line for people.
        folder: Folder of its file, from which relative paths and commands of `control` start.
        dsn: Address of the database of a running target, password included.
        absent: The parts that it declares to lack, each with a reason.
        waived: Requirements whose verdict its owner does without when they can't be exercised, each with a reason.
        logs: Command that prints what the parts of a running target have logged; empty where there is none.
        compose: Its Compose files; None where nobody names any.
        control: The parts that the suite may stop and start: `inngest`, `dispatcher`, `database`.
        secrets: What must not be shown anywhere, by names that may be.
    """

    name: str
    kind: Kind
    folder: Path
    description: str = ""
    app: App = App()
    dispatcher: Service = DISPATCHER
    kernel: Service = KERNEL
    migration: Migration = Migration()
    inngest: Inngest | None = None
    dsn: str = field(default="", repr=False)
    receiver: ReceiverAddress = ReceiverAddress()
    signature: Signature = Signature()
    headers: Headers = Headers()
    webhooks: Table = Table(name="sys_webhooks")
    deliveries: Table = Table(name="sys_webhook_deliveries")
    timeouts: Timeouts = Timeouts()
    absent: Mapping[str, str] = field(default_factory=dict)
    waived: Mapping[str, str] = field(default_factory=dict)
    logs: Sequence[str] = ()
    compose: Sequence[Path] | None = None
    control: Mapping[str, Control] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def lacks(self) -> Mapping[str, str]:
        """What the target lacks, each with the reason that it gives: parts, and the delivery status of webhooks."""
        missing = [column for column in STATUS_COLUMNS if self.webhooks.column(column) is None]
        lacks = {"status_columns": f"{self.webhooks.name} has no {', '.join(missing)}"} if missing else {}
        if self.inngest is not None and self.inngest.mode == "dev":
            lacks["signed_mode"] = "its Inngest runs in dev mode"
        return {**lacks, **self.absent}

    @property
    def is_running(self) -> bool:
        """Whether it runs by itself, so that nothing of it may be started, cleaned or taken for granted."""
        return self.kind == "external"
