"""What only a running target has: somebody's Inngest and somebody's database, with their secrets."""

from collections.abc import Mapping
from typing import Any

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from harness.targets import Inngest
from harness.targets.document import Entry
from harness.targets.form import require
from harness.targets.signing_key import require_signing_key
from harness.targets.vault import Vault


def inngest(root: Entry, values: Mapping[str, Any], vault: Vault) -> Inngest:
    """Return the Inngest of a running target.

    Raises:
        UsageError: Its mode needs a key that is missing, or has no use for one that is there.
    """
    signs = values.get("mode") == "start"
    keys = {**_event_key(root, vault, required=signs), **_signing_key(root, vault, signs=signs)}
    return Inngest(url=values["url"], mode="start" if signs else "dev", **keys)


def dsn(root: Entry, vault: Vault) -> str:
    """Return the address of a running target's database, password included.

    Raises:
        UsageError: There is none, two, one that is no address, or one with its password in the file.
    """
    named, literal = root.find("database", "dsn_env"), root.find("database", "dsn")
    password = root.find("database", "password_env")
    if named is None:
        return _with_password(require(root, ("database", "dsn"), 'a target of kind "external"'), password, vault)
    if extra := literal or password:
        raise extra.refusal(
            "either dsn, with password_env, or dsn_env.",
            f"{extra.name} beside {named.name}",
            next_step="leave one of the two out.",
        )
    address = vault.open(named)
    parts = _parts(named, address)
    if "password" in parts:
        vault.keep(f"password in {named.value}", str(parts["password"]))
    return address


def _event_key(root: Entry, vault: Vault, *, required: bool) -> Mapping[str, str]:
    path = ("inngest", "event_key_env")
    entry = require(root, path, 'Inngest of mode "start"') if required else root.find(*path)
    return {} if entry is None else {"event_key": vault.open(entry)}


def _signing_key(root: Entry, vault: Vault, *, signs: bool) -> Mapping[str, str]:
    path = ("inngest", "signing_key_env")
    if signs:
        entry = require(root, path, 'Inngest of mode "start"')
        return {"signing_key": require_signing_key(vault.open(entry), f"{entry.where}: {entry.value}")}
    if unused := root.find(*path):
        raise unused.refusal(
            'a signing key only for an Inngest of mode "start".',
            f'{unused.name}, but mode = "dev", which checks and signs nothing',
            next_step='leave it out, or set mode = "start".',
        )
    return {}


def _with_password(entry: Entry, password: Entry | None, vault: Vault) -> str:
    address = str(entry.value)
    if _parts(entry, address).keys() & {"password", "sslpassword"}:
        raise entry.refusal(
            f"{entry.name} without a password.",
            f"{entry.name} has one",
            next_step="secrets come from the environment: name the variable in password_env.",
        )
    return address if password is None else make_conninfo(address, password=vault.open(password))


def _parts(entry: Entry, address: str) -> Mapping[str, Any]:
    """Return the parts of an address, which may hold a password and is therefore never shown."""
    try:
        parts = conninfo_to_dict(address)
    except (ProgrammingError, UnicodeError):
        parts = {}
    if not {"host", "dbname"} <= parts.keys():
        raise entry.refusal(
            f"{entry.name} to give the address of a Postgres, with host and database.",
            f"{entry.name} gives none, or not all of it",
            next_step='write it like "postgresql://user@db.example.com:5432/studio".',
        )
    return parts
