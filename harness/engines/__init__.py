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


def unkept(version: str) -> str:
    """Return why a version has no store that outlives a restart; empty when it has one."""
    if versions.has(versions.PERSIST, version):
        return ""
    return f"Inngest {version} keeps nothing over a restart: `inngest dev --persist` came with 1.15.0"


def unresumed(version: str) -> str:
    """Return why runs under way do not go on after a restart, though the store is kept; empty when they do.

    Measured on v1.43.0, and so in its source: apps, events and ended runs come back, the queue and the memory of runs
    do not, neither after SIGTERM nor after SIGKILL.
    """
    if versions.is_embedded(version):
        return ""
    return f"Inngest {version} keeps its queue in memory, unless it is given a Redis: runs under way end with it"


class Engine(Protocol):
    """One way to have an Inngest server.

    Attributes:
        kind: The engine's name in settings and reports.
        image: The container image, None where there is none.
        notes: What every header, summary and report must say of it beside.
        unsigned: Why it can't be had in signed mode; empty when it can.
        unkept: Why it can't be had with a store that outlives a restart; empty when it can.
        unresumed: Why runs under way do not go on after a restart, though its store is kept; empty when they do.
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
    def unkept(self) -> str: ...

    @property
    def unresumed(self) -> str: ...

    @property
    def only_port(self) -> int: ...

    @property
    def reach(self) -> Reach: ...

    def part(self, *, port: int, sdk_url: str, keys: Keys | None, ground: Ground, keep: bool = False) -> Part:
        """Describe the server that is to listen on `port` and to sync with the app at `sdk_url`.

        Args:
            port: Port on this machine.
            sdk_url: The dispatcher's serve endpoint, as the engine reaches it.
            keys: Makes it a server in signed mode (`inngest start`); without them it is `inngest dev`.
            ground: What it stands on.
            keep: Whether its store outlives a restart; in signed mode it always does.
        """
        ...
