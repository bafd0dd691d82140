"""Settings of the kernel: read once, frozen, and the only reader of the environment."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field


class SettingsError(Exception):
    """A setting has no legal value; the text is one line for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that may differ between two deployments of the kernel."""

    host: str
    port: int
    inngest_base_url: str
    inngest_event_key: str = field(repr=False)


def read_settings(
    *, host: str | None = None, port: str | None = None, environ: Mapping[str, str] = os.environ
) -> Settings:
    """Return the settings of this process; `host` and `port` come from the command line and win.

    Raises:
        SettingsError: A value is not legal.
    """
    return Settings(
        host=host or "127.0.0.1",
        port=_port(port or environ.get("PORT", "8080")),
        inngest_base_url=_origin(environ.get("INNGEST_BASE_URL", "http://127.0.0.1:8288")),
        inngest_event_key=_event_key(environ.get("INNGEST_EVENT_KEY", "local")),
    )


def _port(value: str) -> int:
    if not (value.isascii() and value.isdigit() and 1 <= int(value) <= 65_535):  # noqa: PLR2004 - the range of ports
        raise SettingsError(f"PORT={value!r} is not a port. Choose a number from 1 to 65535.")
    return int(value)


def _origin(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#]+/?", value):
        raise SettingsError(f"INNGEST_BASE_URL={value!r} is not the origin of a server. Give http(s)://HOST[:PORT].")
    return value.rstrip("/")


def _event_key(value: str) -> str:
    if not re.fullmatch(r"[\w.~-]+", value, re.ASCII):  # the value is not shown: it is a secret
        raise SettingsError("INNGEST_EVENT_KEY is not a key. Give letters, digits and . _ ~ - only.")
    return value
