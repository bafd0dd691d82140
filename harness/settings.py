"""What to start and what to judge: read once, frozen, with every legal value listed.

The environment is the source (`make verify WORKERS=2`, `ENGINE=embedded pytest -m e2e`), and pytest's command line for
what is chosen from run to run (`pytest -m e2e --engine embedded`); no other module of the harness reads either.
"""

import dataclasses
import difflib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import UsageError

ENGINES = ("auto", "docker", "binary", "embedded")
DATABASES = ("auto", "docker", "local")
INNGEST_IMAGE, TRIED_IMAGE = "inngest/inngest:v0.38.0", "inngest/inngest:v1.43.0"
"""The image that was asked for, of which no release is known, and the one that stands in for it and was tried."""

STAGES = {
    1: "stack",
    2: "registration",
    3: "events",
    4: "matching",
    5: "delivery",
    6: "retries",
    7: "isolation",
    8: "records",
    9: "security",
    10: "operations",
    11: "load",
}
"""The stages by number; the missing ones judge requirements that this version does not judge yet."""

ALL_STAGES = ("", *map(str, STAGES), *STAGES.values())
ARTIFACTS = Path("artifacts")
YES = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}


def _setting(meaning: str, default: Any, *, option: bool = False) -> Any:
    return field(default=default, metadata={"meaning": meaning, "option": option})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every choice that a user has; the name of a setting in the environment is the upper-case name of the field."""

    engine: str = _setting(f"how Inngest is had: {', '.join(ENGINES)}", "auto", option=True)
    database: str = _setting(f"how Postgres is had: {', '.join(DATABASES)}", "auto", option=True)
    target: str = _setting("who is judged: a file of targets/ by its name, or a path", "reference", option=True)
    stage: str = _setting("runs one stage alone, by number or name", "", option=True)
    only: str = _setting("runs the tests of these requirements alone: RET-02,SIG-01", "", option=True)
    baseline: str = _setting("file of what the target is known to break; empty for none", "", option=True)
    inngest_image: str = _setting("image of Inngest", INNGEST_IMAGE)
    postgres_image: str = _setting("image of Postgres", "postgres:16-alpine")
    inngest_bin: str = _setting("an `inngest` binary, or `npx` to have npm fetch one; empty looks in PATH", "")
    strict_image: bool = _setting(f"1 never takes {TRIED_IMAGE} for an image that does not exist", False, option=True)
    require_real: bool = _setting("1 refuses to judge with the embedded engine", False, option=True)
    dispatcher: str = _setting(
        "the Python module that is started as the dispatcher, with arguments if it needs any", "reference_dispatcher"
    )
    kernel: str = _setting("the Python module that is started as the kernel", "reference_kernel")
    embedded: str = _setting(
        "the Python module that is started as the embedded engine, with arguments: embedded_inngest --compat 0.29",
        "embedded_inngest",
    )
    engine_port: int = _setting("port of Inngest; 0 takes a free one", 0)
    dispatcher_port: int = _setting("port of the dispatcher; 0 takes a free one", 0)
    kernel_port: int = _setting("port of the kernel; 0 takes a free one", 0)
    receiver_host: str = _setting("host under which the dispatcher reaches the receiver; empty takes the target's", "")
    postgres_bin: str = _setting("folder of the Postgres binaries; empty looks for them", "")
    wait_scale: float = _setting("multiplies the deadlines of parts and journeys, for slow machines", 1.0)
    keep_going: bool = _setting("1 runs the later stages although an earlier one failed", False)
    strict: bool = _setting("1 makes an unmet SHOULD fail the gate", False)
    attach: str = _setting("folder of a session whose stack is judged in place of an own one; kill-rate sets it", "")
    artifacts: Path = _setting("folder of the report and the logs", ARTIFACTS)  # noqa: RUF009 - a path is immutable

    @property
    def only_stage(self) -> int | None:
        """The number of the one stage that was asked for; None for all."""
        names = {stage: number for number, stage in STAGES.items()}
        return names.get(self.stage) or (int(self.stage) if self.stage else None)

    @property
    def only_requirements(self) -> frozenset[str]:
        """The ids of the requirements that were asked for; none for all."""
        return frozenset(each.strip() for each in self.only.split(",")) - {""}

    def within(self, seconds: float) -> float:
        """Return a deadline of `seconds`, scaled for this machine and this target: the one way to scale any."""
        return seconds * self.wait_scale

    def slowed(self, scale: float) -> "Settings":
        """Return the same settings for a target that may take `scale` times as long."""
        return dataclasses.replace(self, wait_scale=self.wait_scale * scale)

    def on_free_ports(self) -> "Settings":
        """Return the same settings for a second stack beside the first."""
        return dataclasses.replace(self, engine_port=0, dispatcher_port=0, kernel_port=0)


def name(setting: "dataclasses.Field[Any]") -> str:
    """Return the name of a setting in the environment."""
    return setting.name.upper()


def options() -> list["dataclasses.Field[Any]"]:
    """Return the settings that are options of the command line too: `--` and the name, with hyphens."""
    return [setting for setting in dataclasses.fields(Settings) if setting.metadata["option"]]


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings.

    Raises:
        UsageError: A value is not legal; the text lists those that are.
    """
    values = {f.name: _read(f, environment[name(f)]) for f in dataclasses.fields(Settings) if name(f) in environment}
    return Settings(**values)


def _read(setting: "dataclasses.Field[Any]", text: str) -> Any:
    legal = {"engine": ENGINES, "database": DATABASES, "stage": ALL_STAGES}.get(setting.name)
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
