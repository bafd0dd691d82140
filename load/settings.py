"""What a load is told: read once, from the environment, beside the suite's own settings."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from harness.errors import UsageError

LATE = 30.0
"""Seconds after which a delivery counts as late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSettings:
    """Every choice that a user of `make load` has, beside those of the suite.

    Attributes:
        events: How many are published.
        webhooks: How many get each event.
        rate: Events a second; 0 publishes as fast as it goes.
        workers: Processes that publish, on this machine.
        remote_workers: Processes that publish on other machines, in place of those on this one.
        late: Seconds after which a delivery counts as late.
    """

    events: int = 200
    webhooks: int = 5
    rate: float = 0.0
    workers: int = 1
    remote_workers: int = 0
    late: float = LATE

    @property
    def publishers(self) -> int:
        """How many processes share the events."""
        return self.remote_workers or self.workers


def from_environment(environment: Mapping[str, str] = os.environ) -> LoadSettings:
    """Read the settings; an empty one counts as left out.

    Raises:
        UsageError: A value is not legal.
    """

    def read(name: str, default: float, parse: Callable[[str], float], least: float) -> float:
        text = environment.get(name, "")
        return _number(name, text, parse, least) if text else default

    default = LoadSettings()
    return LoadSettings(
        events=int(read("EVENTS", default.events, int, 1)),
        webhooks=int(read("WEBHOOKS", default.webhooks, int, 1)),
        rate=read("RATE", default.rate, float, 0),
        workers=int(read("WORKERS", default.workers, int, 1)),
        remote_workers=int(read("REMOTE_WORKERS", default.remote_workers, int, 0)),
        late=read("LATE", default.late, float, 0),
    )


def _number(name: str, text: str, parse: Callable[[str], float], least: float) -> float:
    try:
        number = parse(text)
    except ValueError:
        number = least - 1
    if not least <= number < float("inf"):
        kind = "a whole number" if parse is int else "a number"
        raise UsageError(
            f"{name} to be {kind} from {least:g} on.", f"{name}={text!r}.", f"set {name} to one, or leave it out."
        )
    return number
