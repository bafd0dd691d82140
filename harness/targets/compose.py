"""Compose files: which ports they publish, and on which addresses."""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped] # it comes with cel-python, its stubs do not

from harness.errors import SetupError

_VARIABLE = re.compile(r"\$\{\w+(?::?-(?P<default>[^}]*)|[^}]*)\}")
"""What Compose fills in; only the colons between such parts divide host, port and target."""

UNKNOWN = "0"
"""Stands for what Compose would fill in from an environment that nobody here knows; no address."""

HOST_NETWORK = "host"
"""The network mode in which every port of a service is one of the machine, whatever it publishes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPort:
    """A port that Compose publishes, or all those of a service in the machine's own network.

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
        parts = {name: [*_open(part or {})] for name, part in services.items()}
    except (OSError, AttributeError, KeyError, TypeError, yaml.YAMLError) as error:
        raise SetupError(
            f"{file.name} to be a Compose file.",
            f"{type(error).__name__}: {' '.join(str(error).split())}.",
            "correct compose in the target's file.",
        ) from None
    for name, ports in parts.items():
        for host, text in ports:
            yield PublishedPort(service=name, host=host, text=text)


def _open(service: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if service.get("network_mode") == HOST_NETWORK:
        yield "", f"network_mode: {HOST_NETWORK}"
    for port in service.get("ports") or ():
        yield _host(port), str(port)


def _host(port: Any) -> str:
    if isinstance(port, Mapping):
        return _filled_in(port.get("host_ip", ""))
    plain = _filled_in(port)
    return plain.rsplit(":", 2)[0].strip("[]") if plain.count(":") > 1 else ""


def _filled_in(text: Any) -> str:
    """Return a text as Compose reads it where the environment says nothing."""
    return _VARIABLE.sub(lambda variable: variable["default"] or UNKNOWN, str(text))
