"""Settings of the dispatcher: read once, frozen, and the only reader of the environment."""

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict


class SettingsError(Exception):
    """A setting is missing or has no legal value; the text is one line for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that may differ between two deployments of the dispatcher."""

    host: str
    port: int
    serve_origin: str
    database_url: str = field(repr=False)
    inngest_base_url: str
    inngest_app_id: str
    inngest_event_key: str | None = field(repr=False)
    inngest_signing_key: str | None = field(repr=False)
    inngest_dev: bool
    webhook_timeout: float
    webhook_allow_private: bool


def read_settings(
    *, host: str | None = None, port: str | None = None, environ: Mapping[str, str] = os.environ
) -> Settings:
    """Return the settings of this process; `host` and `port` come from the command line and win.

    Raises:
        SettingsError: A value is missing or not legal.
    """
    host = host or "127.0.0.1"
    port_number = _port(port or environ.get("PORT", "3000"))
    dev = _switch(environ, "INNGEST_DEV")
    return Settings(
        host=host,
        port=port_number,
        serve_origin=_origin(environ, "SERVE_ORIGIN", f"http://{_callable_name(host)}:{port_number}"),
        database_url=_database_url(environ),
        inngest_base_url=_origin(environ, "INNGEST_BASE_URL", "http://127.0.0.1:8288"),
        inngest_app_id=environ.get("INNGEST_APP_ID", "beema-studio"),
        inngest_event_key=environ.get("INNGEST_EVENT_KEY"),
        inngest_signing_key=_signing_key(environ, dev=dev),
        inngest_dev=dev,
        webhook_timeout=_seconds(environ, "WEBHOOK_TIMEOUT_SECONDS", "10"),
        webhook_allow_private=_switch(environ, "WEBHOOK_ALLOW_PRIVATE"),
    )


def _callable_name(host: str) -> str:
    """Return the name under which a server on this machine reaches us when we listen on `host`."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - it is recognised here, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _port(value: str) -> int:
    if not (value.isascii() and value.isdigit() and 1 <= int(value) <= 65_535):  # noqa: PLR2004 - the range of ports
        raise SettingsError(f"PORT={value!r} is not a port. Choose a number from 1 to 65535.")
    return int(value)


def _switch(environ: Mapping[str, str], name: str) -> bool:
    value = environ.get(name, "0")
    if value not in {"0", "1"}:
        raise SettingsError(f"{name}={value!r} is not a switch. Choose one of: 0, 1.")
    return value == "1"


def _seconds(environ: Mapping[str, str], name: str, default: str) -> float:
    value = environ.get(name, default)
    if not re.fullmatch(r"\d{1,4}(\.\d{1,3})?", value, re.ASCII) or float(value) == 0:
        raise SettingsError(f"{name}={value!r} is not a time. Give seconds from 0.001 to 9999, such as 10 or 2.5.")
    return float(value)


def _origin(environ: Mapping[str, str], name: str, default: str) -> str:
    value = environ.get(name, default)
    if not re.fullmatch(r"https?://[^\s/?#]+/?", value):
        raise SettingsError(f"{name}={value!r} is not the origin of a server. Give http(s)://HOST[:PORT].")
    return value.rstrip("/")


def _database_url(environ: Mapping[str, str]) -> str:
    value = environ.get("DATABASE_URL", "")
    try:
        legal = bool(conninfo_to_dict(value))
    except ProgrammingError:
        legal = False
    if not legal:  # the value is not shown: it holds a password
        raise SettingsError("DATABASE_URL is not the address of a Postgres. Give postgresql://USER@HOST:PORT/DATABASE.")
    return value


def _signing_key(environ: Mapping[str, str], *, dev: bool) -> str | None:
    value = environ.get("INNGEST_SIGNING_KEY")
    legal = re.fullmatch(r"(signkey-\w+-)?([0-9a-fA-F]{2}){16,}", value or "", re.ASCII)
    if dev and value and not legal:
        # The dev mode checks no key, but the SDK cannot even sync with one that is not hex.
        return hashlib.sha256(value.encode()).hexdigest()
    if not dev and not legal:
        # The value is not shown: it is a secret.
        raise SettingsError(
            "INNGEST_SIGNING_KEY is not hex of at least 32 characters. Set it, or INNGEST_DEV=1 for the dev mode."
        )
    return value
