"""What is to be judged, and how much at a time: read from the environment once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from harness.errors import UsageError

CATALOGUE = "faults"
WORKERS, MOST_WORKERS = 5, 16
"""How many stacks are used unless the user says otherwise: a run waits half of its time, so two processors suffice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the user chose.

    Attributes:
        patterns: Names of faults and variants, or globs of them; none for all.
        workers: How many dispatchers are judged at the same time, each in a stack of its own.
        catalogue: The module that lists the dispatchers and starts them.
    """

    patterns: tuple[str, ...] = ()
    workers: int = WORKERS
    catalogue: str = CATALOGUE

    @property
    def whole(self) -> bool:
        """Whether all of the suite's own catalogue is judged."""
        return not self.patterns and self.catalogue == CATALOGUE


def read_choice(environment: Mapping[str, str] = os.environ) -> Choice:
    """Read the choice.

    Raises:
        UsageError: A value is not legal.
    """
    patterns = (each.strip() for each in environment.get("FAULT", "").split(","))
    workers = environment.get("WORKERS", f"{WORKERS}")
    if not (workers.isdecimal() and 1 <= int(workers) <= MOST_WORKERS):
        raise UsageError(
            f"WORKERS to be a number from 1 to {MOST_WORKERS}.",
            f"WORKERS={workers!r}.",
            "leave it out, or set it to twice the number of processors.",
        )
    return Choice(
        patterns=tuple(filter(None, patterns)),
        workers=int(workers),
        catalogue=environment.get("CATALOGUE", CATALOGUE),
    )
