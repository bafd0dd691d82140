"""The flags of `inngest dev` and `inngest start`: how each is given on the command line and in the environment."""

import argparse
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from embedded_inngest.release import RELEASES

DEV = "dev"
START = "start"
VERSION = "version"
_BOTH = frozenset({DEV, START})
_TRUE = {"1", "t", "T", "TRUE", "true", "True"}
_FALSE = {"", "0", "f", "F", "FALSE", "false", "False"}


def _whole(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]+|", text):
        raise ValueError(text)
    return int(text or "0")


def _switch(text: str) -> bool:
    if text not in _TRUE | _FALSE:
        raise ValueError(text)
    return text in _TRUE


def _release(text: str) -> str | None:
    if text not in {"", *RELEASES}:
        raise ValueError(text)
    return text or None


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of value.

    Attributes:
        words: What it is called.
        read: Reads the value of a variable; it raises ValueError when that is none.
        argument: How argparse reads the flag.
    """

    words: str
    read: Callable[[str], Any]
    argument: Mapping[str, Any] = field(default_factory=dict)


_TEXT = Kind(words="text", read=lambda text: text or None)
_LIST = Kind(words="a list", read=lambda text: text.split(","), argument={"action": "extend", "type": _parts})
_WHOLE = Kind(words="a whole number", read=_whole, argument={"type": int})
_SECONDS = Kind(words="a whole number of seconds", read=_whole, argument={"type": float})
_RELEASE = Kind(words=f"one of {', '.join(RELEASES)}", read=_release, argument={"choices": tuple(RELEASES)})
_SWITCH = Kind(words="true or false", read=_switch, argument={"action": "store_true"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A flag of the real server; one that is not `imitated` is known in order to be refused by its name."""

    name: str
    kind: Kind
    help: str
    short: str | None = None
    commands: frozenset[str] = _BOTH
    imitated: bool = True

    @property
    def variable(self) -> str:
        return f"INNGEST_{self.name.upper().replace('-', '_')}"

    def add_to(self, parser: argparse.ArgumentParser) -> None:
        """Let a parser take the flag."""
        names = [f"--{self.name}", *([f"-{self.short}"] if self.short else [])]
        shown = f"{self.help} [{self.variable}]" if self.imitated else argparse.SUPPRESS
        parser.add_argument(*names, dest=self.name, default=argparse.SUPPRESS, help=shown, **self.kind.argument)


COMPAT = Flag(
    name="compat",
    kind=_RELEASE,
    help="release to imitate; 1.43 by default",
    commands=frozenset({DEV, START, VERSION}),
)
"""The one flag that may also stand before the command, since it says which server this is."""

FLAGS = (
    COMPAT,
    Flag(name="sdk-url", short="u", kind=_LIST, help="app to ask for its functions"),
    Flag(name="host", kind=_TEXT, help="address to listen on"),
    Flag(name="port", short="p", kind=_WHOLE, help="port to listen on; 0 takes a free one"),
    Flag(name="event-key", kind=_LIST, help="key under which events are taken", commands=frozenset({START})),
    Flag(name="signing-key", kind=_TEXT, help="hex that server and apps share", commands=frozenset({START})),
    Flag(
        name="no-discovery",
        kind=_SWITCH,
        help="accepted; there never is any discovery",
        commands=frozenset({DEV}),
    ),
    Flag(name="no-poll", kind=_SWITCH, help="ask only broken apps again", commands=frozenset({DEV})),
    Flag(name="poll-interval", kind=_SECONDS, help="seconds between two askings"),
    Flag(name="retry-interval", kind=_SECONDS, help="seconds before every retry"),
    Flag(name="tick", kind=_WHOLE, help="accepted; nothing waits for a tick"),
    Flag(name="queue-workers", kind=_WHOLE, help="requests at once"),
    Flag(name="no-ui", kind=_SWITCH, help="serve neither page nor GraphQL", commands=frozenset({START})),
    Flag(name="sqlite-dir", kind=_TEXT, help="folder of what is kept; .inngest by default"),
    Flag(name="persist", kind=_SWITCH, help="keep everything over a restart", commands=frozenset({DEV})),
    Flag(name="connect-gateway-port", kind=_WHOLE, help="accepted; there is no connect gateway"),
    Flag(name="connect-gateway-grpc-port", kind=_WHOLE, help="accepted; there is no connect gateway"),
    Flag(name="connect-executor-grpc-port", kind=_WHOLE, help="accepted; there is no connect gateway"),
    Flag(name="redis-uri", kind=_TEXT, help="", commands=frozenset({START}), imitated=False),
    Flag(name="postgres-uri", kind=_TEXT, help="", imitated=False),
    Flag(name="config", kind=_TEXT, help="", imitated=False),
)
"""Every flag that is known; argparse refuses the others of the real server by their names."""


def flags_of(command: str) -> Iterator[Flag]:
    """Yield the flags that a command has."""
    return (flag for flag in FLAGS if command in flag.commands)
