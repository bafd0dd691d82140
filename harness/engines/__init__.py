"""Engines: the ways in which Inngest is had, each behind the same Protocol."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from harness.clients import versions
from harness.processes.ports import EVERYWHERE, LOOPBACK
from harness.services import Ground, Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What a server in signed mode (`inngest start`) checks: the publisher's key, and the key that signs its calls."""

    event: str = field(repr=False)
    signing: str = field(repr=False)

    @classmethod
    def new(cls) -> "Keys":
        """Return fresh keys; the signing key is hex without a prefix, the only form that the real server takes."""
        return cls(event=secrets.token_hex(16), signing=secrets.token_hex(32))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How an engine reaches what runs on this machine.

    Attributes:
        listen: Address on which it must listen.
        host: Name of this machine, as the engine calls it.
    """

    listen: str = LOOPBACK
    host: str = LOOPBACK

    @property
    def here(self) -> str:
        """The address at which this machine itself finds what listens there."""
        return LOOPBACK if self.listen == EVERYWHERE else self.listen


LOCAL = Reach()
"""How an engine that runs as a process of this machine reaches the others."""


def unsigned(version: str) -> str:
    """Return why a version can't be had in signed mode; empty when it can."""
    if versions.has(versions.SIGNED, version):
        return ""
    return f"Inngest {version} has no signed mode: `inngest start` came with 1.0.0"


class Engine(Protocol):
    """One way to have an Inngest server.

    Attributes:
        kind: The engine's name in settings and reports.
        image: The container image, None where there is none.
        notes: What every header, summary and report must say of it beside.
        unsigned: Why it can't be had in signed mode; empty when it can.
        only_port: The one port on which it shows its runs; 0 when any will do.
        reach: How it reaches what runs on this machine.
    """

    @property
    def kind(self) -> str: ...

    @property
    def image(self) -> str | None: ...

    @property
    def notes(self) -> Sequence[str]: ...

    @property
    def unsigned(self) -> str: ...

    @property
    def only_port(self) -> int: ...

    @property
    def reach(self) -> Reach: ...

    def part(self, *, port: int, sdk_url: str, keys: Keys | None, ground: Ground) -> Part:
        """Describe the server that is to listen on `port` and to sync with the app at `sdk_url`.

        Args:
            port: Port on this machine.
            sdk_url: The dispatcher's serve endpoint, as the engine reaches it.
            keys: Makes it a server in signed mode (`inngest start`); without them it is `inngest dev`.
            ground: What it stands on.
        """
        ...
