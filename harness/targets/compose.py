"""Compose files: which ports they publish, and on which addresses."""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped] # it comes with cel-python, its stubs do not

from harness.errors import SetupError

_VARIABLE = re.compile(r"\$\{[^}]*\}")
"""What Compose fills in; only the colons between such parts divide host, port and target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPort:
    """A port that Compose publishes.

    Attributes:
        host: The address; empty for all of this machine's.
        text: As it is written in the file.
    """

    service: str
    host: str
    text: str

    @property
    def on_loopback(self) -> bool:
        try:
            return self.host == "localhost" or ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def published_ports(file: Path) -> Iterator[PublishedPort]:
    """Give the ports that a Compose file publishes.

    Raises:
        SetupError: It is none.
    """
    try:
        services: Mapping[str, Any] = yaml.safe_load(file.read_text())["services"]
        parts = {name: (part or {}).get("ports") or () for name, part in services.items()}
    except (OSError, AttributeError, KeyError, TypeError, yaml.YAMLError) as error:
        raise SetupError(
            f"{file.name} to be a Compose file.",
            f"{type(error).__name__}: {' '.join(str(error).split())}.",
            "correct compose in the target's file.",
        ) from None
    for name, ports in parts.items():
        for port in ports:
            yield PublishedPort(service=name, host=_host(port), text=str(port))


def _host(port: Any) -> str:
    if isinstance(port, Mapping):
        return str(port.get("host_ip", ""))
    plain = _VARIABLE.sub("0", str(port))
    return plain.rsplit(":", 2)[0].strip("[]") if plain.count(":") > 1 else ""
