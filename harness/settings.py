"""What to start and what to judge: read once, frozen, with every legal value listed.

The environment is the only source (`make verify WORKERS=2`, `ENGINE=embedded pytest -m e2e`); no other module of the
harness reads it.
"""

import dataclasses
import difflib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import UsageError

ENGINES = ("auto", "embedded")
DATABASES = ("auto", "local")
TARGETS = ("reference",)
STAGES = {
    1: "stack",
    2: "registration",
    3: "events",
    4: "matching",
    5: "delivery",
    8: "records",
}
"""The stages by number; the missing ones judge requirements that this version does not judge yet."""

ALL_STAGES = ("", *map(str, STAGES), *STAGES.values())
ARTIFACTS = Path("artifacts")
YES = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}


def _setting(meaning: str, default: Any) -> Any:
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every choice that a user has; the name of a setting in the environment is the upper-case name of the field."""

    engine: str = _setting(f"how Inngest is had: {', '.join(ENGINES)}", "auto")
    database: str = _setting(f"how Postgres is had: {', '.join(DATABASES)}", "auto")
    target: str = _setting(f"who is judged: {', '.join(TARGETS)}", "reference")
    stage: str = _setting("runs one stage alone, by number or name", "")
    dispatcher: str = _setting("the Python module that is started as the dispatcher", "reference_dispatcher")
    kernel: str = _setting("the Python module that is started as the kernel", "reference_kernel")
    engine_port: int = _setting("port of Inngest; 0 takes a free one", 0)
    dispatcher_port: int = _setting("port of the dispatcher; 0 takes a free one", 0)
    kernel_port: int = _setting("port of the kernel; 0 takes a free one", 0)
    receiver_host: str = _setting("host under which the dispatcher reaches the receiver", "127.0.0.1")
    postgres_bin: str = _setting("folder of the Postgres binaries; empty looks for them", "")
    wait_scale: float = _setting("multiplies the deadlines of parts and journeys, for slow machines", 1.0)
    keep_going: bool = _setting("1 runs the later stages although an earlier one failed", False)
    strict: bool = _setting("1 makes an unmet SHOULD fail the gate", False)
    artifacts: Path = _setting("folder of the report and the logs", ARTIFACTS)  # noqa: RUF009 - a path is immutable

    @property
    def only_stage(self) -> int | None:
        """The number of the one stage that was asked for; None for all."""
        names = {stage: number for number, stage in STAGES.items()}
        return names.get(self.stage) or (int(self.stage) if self.stage else None)

    def within(self, seconds: float) -> float:
        """Return a deadline of `seconds`, scaled for this machine."""
        return seconds * self.wait_scale

    def on_free_ports(self) -> "Settings":
        """Return the same settings for a second stack beside the first."""
        return dataclasses.replace(self, engine_port=0, dispatcher_port=0, kernel_port=0)


def name(setting: "dataclasses.Field[Any]") -> str:
    """Return the name of a setting in the environment."""
    return setting.name.upper()


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings.

    Raises:
        UsageError: A value is not legal; the text lists those that are.
    """
    values = {f.name: _read(f, environment[name(f)]) for f in dataclasses.fields(Settings) if name(f) in environment}
    return Settings(**values)


def _read(setting: "dataclasses.Field[Any]", text: str) -> Any:
    legal = {"engine": ENGINES, "database": DATABASES, "target": TARGETS, "stage": ALL_STAGES}.get(setting.name)
    if legal is not None:
        return _one_of(name(setting), text, legal, noun=setting.name)
    return _parse(name(setting), text, _PARSERS[setting.type])


def _one_of(setting: str, text: str, legal: tuple[str, ...], *, noun: str) -> str:
    """Return `text` if it is one of the legal values.

    Raises:
        UsageError: It is not; the text names the nearest and lists all.
    """
    if text in legal:
        return text
    near = difflib.get_close_matches(text, legal, n=1)
    advice = f"did you mean {near[0]!r}? " if near else ""
    raise UsageError(
        f"{setting} to be one of: {', '.join(filter(None, legal))}.",
        f"{setting}={text!r} is not {_article(noun)} {noun}.",
        f"{advice}set {setting} to one of them.",
    )


def _parse(setting: str, text: str, parser: tuple[str, Callable[[str], Any]]) -> Any:
    kind, parse = parser
    try:
        return parse(text)
    except (ValueError, KeyError):
        raise UsageError(
            f"{setting} to be {kind}.", f"{setting}={text!r}.", f"set {setting} to {kind}, or leave it out."
        ) from None


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:  # noqa: PLR2004 - the largest TCP port
        raise ValueError(text)
    return port


def _scale(text: str) -> float:
    scale = float(text)
    if not 0 < scale < float("inf"):
        raise ValueError(text)
    return scale


def _article(noun: str) -> str:
    return "an" if noun[0] in "aeiou" else "a"


_PARSERS: dict[Any, tuple[str, Callable[[str], Any]]] = {
    int: ("a port from 0 to 65535", _port),
    float: ("a number above 0", _scale),
    bool: ("1 or 0", lambda text: YES[text.lower()]),
    str: ("a text", str),
    Path: ("a path", Path),
}
