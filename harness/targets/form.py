"""The form of a target's file: every key, what it may be, and the kinds of target that have it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Union, cast, get_args

from harness.contract import Contract
from harness.errors import UsageError
from harness.targets import DELIVERY_COLUMNS, OPTIONAL_COLUMNS, PARTS, WEBHOOK_COLUMNS, Kind, values
from harness.targets.document import Entry, dotted, nearest
from harness.targets.places import KeyPath

KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key.

    Attributes:
        read: Returns the value as the suite uses it, or refuses it.
        kinds: The kinds of target that have the key.
        required: Whether these kinds need it.
    """

    read: Callable[[Entry], Any]
    kinds: tuple[Kind, ...] = KINDS
    required: bool = False


Form = Mapping[str, Union[Key, "Form"]]
"""The keys of a table by name; a form among them is a table inside."""


def _started(read: Callable[[Entry], Any], *, required: bool = False) -> Key:
    return Key(read=read, kinds=("command",), required=required)


def _running(read: Callable[[Entry], Any], *, required: bool = False) -> Key:
    return Key(read=read, kinds=("external",), required=required)


def _not_ours(read: Callable[[Entry], Any]) -> Key:
    return Key(read=read, kinds=("command", "external"))


def _waivers(entry: Entry) -> Mapping[str, str]:
    contract = Contract.read()
    for child in entry.children():
        if child.key not in contract:
            raise child.refusal(
                "ids of requirements of docs/contract.md.",
                f"{child.name} is none",
                next_step=f"{nearest(child.key, contract)}write the id as the contract does.",
            )
    return {child.key: values.reason(child) for child in entry.children()}


FORM: Form = {
    "kind": Key(read=values.one_of(*KINDS), required=True),
    "description": Key(read=values.text),
    "environment_file": _running(values.path),
    "app": {"id": Key(read=values.word), "function": Key(read=values.word)},
    "dispatcher": {
        "url": _running(values.url, required=True),
        "command": _started(values.texts, required=True),
        "directory": _started(values.directory),
        "environment": _started(values.variables),
        "health": Key(read=values.url_path),
        "serve": Key(read=values.url_path),
        "guard": _started(values.variables),
        "schema": _started(values.file),
        "migrate": _started(values.texts),
    },
    "kernel": {
        "url": _running(values.url),
        "command": _started(values.texts),
        "directory": _started(values.directory),
        "environment": _started(values.variables),
        "health": Key(read=values.url_path),
    },
    "inngest": {
        "url": _running(values.url, required=True),
        "mode": _running(values.one_of("dev", "start")),
        "event_key_env": _running(values.variable_name),
        "signing_key_env": _running(values.variable_name),
    },
    "database": {
        "dsn": _running(values.text),
        "password_env": _running(values.variable_name),
        "dsn_env": _running(values.variable_name),
    },
    "receiver": {"listen": _not_ours(values.host), "host": _not_ours(values.host), "port": _not_ours(values.port)},
    "signature": {
        "header": Key(read=values.header),
        "prefix": Key(read=values.any_text),
        "encoding": Key(read=values.one_of("hex", "base64")),
    },
    "headers": {"event": Key(read=values.header), "delivery": Key(read=values.header)},
    "tables": {
        "webhooks": {
            "name": Key(read=values.table_name),
            "columns": Key(read=values.columns(WEBHOOK_COLUMNS, optional=OPTIONAL_COLUMNS)),
        },
        "deliveries": {
            "name": Key(read=values.table_name),
            "columns": Key(read=values.columns(DELIVERY_COLUMNS)),
        },
    },
    "timeouts": {
        "attempt": Key(read=values.positive),
        "scale": Key(read=values.positive),
        "retry": _running(values.positive),
    },
    "absent": {part: Key(read=values.reason) for part in PARTS},
    "waived": Key(read=_waivers),
    "logs": _running(values.texts),
    "compose": Key(read=values.paths),
    "control": {
        "inngest": {verb: _running(values.texts) for verb in ("stop", "start", "clear")},
        "dispatcher": {verb: _running(values.texts) for verb in ("stop", "start", "kill")},
        "database": {verb: _running(values.texts) for verb in ("stop", "start")},
    },
}

_SECRETS = {"event_key": "event_key_env", "signing_key": "signing_key_env", "password": "password_env"}
"""Keys that would hold a secret, and those that name the variable instead."""


def keys(form: Form = FORM, table: KeyPath = ()) -> Iterator[tuple[KeyPath, Key]]:
    """Yield every key of the form, with its path."""
    for name, node in form.items():
        if isinstance(node, Key):
            yield (*table, name), node
        else:
            yield from keys(node, (*table, name))


def read_kind(root: Entry) -> Kind:
    """Return the kind of the target, on which depends what else its file may say.

    Raises:
        UsageError: It has none.
    """
    entry = root.find("kind")
    if entry is None:
        raise root.refusal(
            f"kind, one of: {', '.join(KINDS)}.", "no kind", next_step='begin with a line such as kind = "external".'
        )
    values.one_of(*KINDS)(entry)
    return cast("Kind", entry.value)


def read_table(table: Entry, kind: Kind, form: Form = FORM) -> dict[str, Any]:
    """Return the values of a table by key, those that are there.

    Raises:
        UsageError: A key does not exist, belongs to another kind of target, or has a value that it can't have.
    """
    return {entry.key: _read(entry, kind, form) for entry in table.children()}


def require_keys(root: Entry, kind: Kind) -> None:
    """Refuse a file without the keys that its kind needs."""
    for path, key in keys():
        if key.required and kind in key.kinds:
            require(root, path, f'a target of kind "{kind}"')


def require(root: Entry, path: KeyPath, needed_by: str) -> Entry:
    """Return the entry at a path.

    Raises:
        UsageError: It is not there; the text points at its table, or else at the kind of the target.
    """
    entry = root.find(*path)
    if entry is not None:
        return entry
    near = root.find(*path[:-1]) if len(path) > 1 else None
    raise (near or root.find("kind") or root).refusal(
        f"{dotted(path)}, which {needed_by} needs.",
        f"{dotted(path)} is missing",
        next_step=f"add it, or name another kind; docs/targets.md says what {dotted(path)} is.",
    )


def _read(entry: Entry, kind: Kind, form: Form) -> Any:
    node = form.get(entry.key)
    if node is None:
        raise _refusal_of_unknown(entry, kind, form)
    kinds = _kinds(node)
    if kind not in kinds:
        raise entry.refusal(
            f'what belongs to a target of kind "{kind}".',
            f"{entry.name} belongs to {_listed(kinds)}",
            next_step=f'leave {entry.name} out, or set kind = "{kinds[0]}".',
        )
    return node.read(entry) if isinstance(node, Key) else read_table(entry, kind, node)


def _kinds(node: Key | Form) -> tuple[Kind, ...]:
    found = node.kinds if isinstance(node, Key) else [kind for _, key in keys(node) for kind in key.kinds]
    return tuple(kind for kind in KINDS if kind in found)


def _listed(kinds: tuple[Kind, ...]) -> str:
    return " and ".join(f'kind "{kind}"' for kind in kinds)


def _refusal_of_unknown(entry: Entry, kind: Kind, form: Form) -> UsageError:
    known = [name for name, node in form.items() if kind in _kinds(node)]
    if entry.key in _SECRETS:
        named = _SECRETS[entry.key]
        advice = f": name the variable in {named}" if named in known else ""
        return entry.refusal(
            "no secret in the file.", f"{entry.name} is one", next_step=f"secrets come from the environment{advice}."
        )
    table = f" in [{dotted(entry.path[:-1])}]" if len(entry.path) > 1 else ""
    elsewhere = [dotted(path) for path, key in keys() if path[-1] == entry.key and kind in key.kinds]
    return entry.refusal(
        f"keys that exist{table}: {', '.join(known)}.",
        f"{entry.name} is none",
        next_step=f"{nearest(entry.key, known) or nearest(entry.name, elsewhere)}docs/targets.md explains every key.",
    )
