"""Reads a target: `TARGET=name` or a path becomes a `Target`, or one refusal with file, line and the nearest name."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.targets import (
    DISPATCHER,
    KERNEL,
    App,
    Command,
    Control,
    Headers,
    Kind,
    Migration,
    ReceiverAddress,
    Service,
    Signature,
    Table,
    Target,
    Timeouts,
    running,
)
from harness.targets.consistency import require_consistency
from harness.targets.document import Document, Entry, nearest
from harness.targets.form import read_kind, read_table, require_keys
from harness.targets.vault import Vault

FOLDER = Path(__file__).parents[2] / "targets"
"""Where the targets are that go by their name alone."""

STEP_RETRY = 60.0
"""Seconds within which an Inngest that others started tries a failed step again: its own table starts at 15 to 45."""


def load(name_or_path: str, *, environment: Mapping[str, str], folder: Path = FOLDER) -> Target:
    """Read a target.

    Args:
        name_or_path: Name of a file of `folder`, without `.toml`; or a path, told by its slash or its `.toml`.
        environment: Where secrets come from.
        folder: Where the named targets are.

    Raises:
        UsageError: There is no such target, or its file is not right.
    """
    path = find(name_or_path, folder=folder)
    root = Document.read(path.absolute(), shown=_shown(path, folder)).root
    kind = read_kind(root)
    values = read_table(root, kind)
    require_keys(root, kind)
    require_consistency(root, kind)
    return _target(root, kind, values, environment)


def find(name_or_path: str, *, folder: Path = FOLDER) -> Path:
    """Return the file of a target.

    Raises:
        UsageError: No target has that name; the text lists those that there are.
    """
    if "/" in name_or_path or name_or_path.endswith(".toml"):
        return Path(name_or_path)
    names = sorted(path.stem for path in folder.glob("*.toml"))
    if name_or_path in names:
        return folder / f"{name_or_path}.toml"
    raise UsageError(
        f"TARGET to be one of: {', '.join(names)}; or the path of a .toml file.",
        f"TARGET={name_or_path!r} is not a target.",
        f"{nearest(name_or_path, names)}docs/targets.md says how to describe your own.",
    )


def _shown(path: Path, folder: Path) -> str:
    return f"{folder.name}/{path.name}" if path.parent == folder else str(path)


def _target(root: Entry, kind: Kind, values: Mapping[str, Any], environment: Mapping[str, str]) -> Target:
    vault = Vault(environment, values.get("environment_file"))
    file = root.document.path
    return Target(
        name=file.stem,
        kind=kind,
        folder=file.parent,
        description=values.get("description", ""),
        **_parts(values, file.parent),
        **_names(values),
        **(_running(root, values, vault) if kind == "external" else {}),
        secrets=vault.secrets,
    )


def _parts(values: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    dispatcher = values.get("dispatcher", {})
    return {
        "dispatcher": _service(DISPATCHER, dispatcher, folder),
        "kernel": _service(KERNEL, values.get("kernel", {}), folder),
        "migration": _migration(dispatcher, folder),
        "receiver": ReceiverAddress(**values.get("receiver", {})),
    }


def _names(values: Mapping[str, Any]) -> dict[str, Any]:
    tables = values.get("tables", {})
    return {
        "app": App(**values.get("app", {})),
        "signature": Signature(**values.get("signature", {})),
        "headers": Headers(**values.get("headers", {})),
        "webhooks": Table(**{"name": "sys_webhooks", **tables.get("webhooks", {})}),
        "deliveries": Table(**{"name": "sys_webhook_deliveries", **tables.get("deliveries", {})}),
        "timeouts": Timeouts(**_patience(values)),
        "absent": values.get("absent", {}),
        "waived": values.get("waived", {}),
        "logs": values.get("logs", ()),
        "compose": values.get("compose"),
        "control": {part: Control(**commands) for part, commands in values.get("control", {}).items()},
    }


def _patience(values: Mapping[str, Any]) -> dict[str, float]:
    retry = {"retry": STEP_RETRY} if values["kind"] == "external" else {}
    return {**retry, **values.get("timeouts", {})}


def _running(root: Entry, values: Mapping[str, Any], vault: Vault) -> dict[str, Any]:
    return {"inngest": running.inngest(root, values["inngest"], vault), "dsn": running.dsn(root, vault)}


def _service(default: Service, values: Mapping[str, Any], folder: Path) -> Service:
    plain = {name: values[name] for name in ("url", "health", "serve", "guard") if name in values}
    return dataclasses.replace(default, **plain, command=_command("command", values, folder))


def _migration(values: Mapping[str, Any], folder: Path) -> Migration:
    return Migration(schema=values.get("schema"), command=_command("migrate", values, folder))


def _command(name: str, values: Mapping[str, Any], folder: Path) -> Command | None:
    if name not in values:
        return None
    return Command(
        arguments=values[name],
        directory=values.get("directory", folder),
        environment=values.get("environment", {}),
    )
