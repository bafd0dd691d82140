"""What the benchmarks are told: read once, from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every choice that a user of the benchmarks has.

    Attributes:
        inngest_bin: An `inngest` executable to measure beside the embedded engine; None measures the latter alone.
        artifacts: Folder that the figures are written to.
    """

    inngest_bin: str | None = None
    artifacts: Path = Path("artifacts")


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings."""
    return Settings(
        inngest_bin=environment.get("INNGEST_BIN") or None, artifacts=Path(environment.get("ARTIFACTS") or "artifacts")
    )
