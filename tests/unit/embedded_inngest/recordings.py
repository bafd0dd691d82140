"""The transcripts of Inngest, by release: what is recorded, what of it is replayed, what is not, with the reason."""

import json
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]

FOLDER = Path(__file__).parent / "transcripts"

NEW, OLD = "v1.43.0", "v0.29.9"
RELEASES = {NEW: (), OLD: ("--compat", "0.29", "--tick", "500")}
"""The recorded releases, each with the flags by which the engine imitates it; the first is what it does by itself.

Within a tick, steps that run at once must have ended to see one another, on a busy machine too.
"""

LOG = "/_log"
"""Where the probe app serves what reached it, in the form of the transcripts."""

APIS = frozenset({"00-sync", "01-api", "02-event-api", "51-invoke-api", "60-graphql", "70-start-mode"})
"""Transcripts of another form than "events sent, calls received, runs read"; test_replay_apis.py and
test_replay_signed.py judge them."""


def recorded(release: str = NEW) -> frozenset[str]:
    """Return the names of all transcripts of a release."""
    return frozenset(path.stem for path in (FOLDER / release).glob("*.json"))


def apis(release: str) -> frozenset[str]:
    """Return the names of the transcripts of another form."""
    return APIS & recorded(release)


def not_covered(release: str = NEW) -> dict[str, str]:
    """Return the names of the transcripts that are not replayed, each with its reason."""
    reasons: dict[str, str] = tomllib.loads((FOLDER / release / "NOT_COVERED.toml").read_text())
    return reasons


def scenarios(release: str = NEW) -> tuple[str, ...]:
    """Return the names of the transcripts that are replayed event by event, in the order of their numbers."""
    return tuple(sorted(recorded(release) - APIS - not_covered(release).keys()))


def of_each_release(names: Callable[[str], Iterable[str]]) -> list[tuple[str, str]]:
    """Return each release with each of the names that a test is to be given of it."""
    return [(release, name) for release in RELEASES for name in names(release)]


def load(name: str, release: str = NEW) -> Any:
    """Return one transcript, as it was recorded."""
    return json.loads((FOLDER / release / f"{name}.json").read_text())
