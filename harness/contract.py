"""The requirements, read from docs/contract.md, and the verdicts that can be given on one.

The page is the only list: the code holds no copy of it.
"""

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from harness.errors import UsageError

PAGE = Path(__file__).parent.parent / "docs" / "contract.md"
_ROW = re.compile(
    r"^\| (?P<id>[A-Z]+-\d\d) \| (?P<level>[MS]) \| (?P<stage>\d+|-) \| (?P<hop>[a-z ]+) \| (?P<text>.+?) \| "
)


class Level(StrEnum):
    """How much depends on a requirement."""

    MUST = "M"
    SHOULD = "S"


class Verdict(StrEnum):
    """What can be said of a requirement; only `PASSED` is green, and `KNOWN_DEFECT` is failed as the baseline says."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"
    UNVERIFIED = "unverified"
    HARNESS_ERROR = "harness error"
    KNOWN_DEFECT = "known defect"


GRAVEST = (
    Verdict.FAILED,
    Verdict.HARNESS_ERROR,
    Verdict.UNVERIFIED,
    Verdict.KNOWN_DEFECT,
    Verdict.PASSED,
    Verdict.NOT_APPLICABLE,
)
"""The verdicts, the one that outweighs the others first: what can be judged of a requirement counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One promise of the contract.

    Attributes:
        id: Stable name, such as `SIG-05`.
        stage: The stage that judges it; None says that this version does not judge it yet.
        hop: Where in an event's journey a breach shows.
    """

    id: str
    level: Level
    stage: int | None
    hop: str
    text: str


class Contract(Mapping[str, Requirement]):
    """The requirements by id, in the order of the page."""

    def __init__(self, requirements: Iterable[Requirement]) -> None:
        self._by_id = {requirement.id: requirement for requirement in requirements}

    @classmethod
    @functools.cache
    def read(cls, page: Path = PAGE) -> "Contract":
        """Read the tables of the page."""
        return cls(_requirement(row) for line in page.read_text().splitlines() if (row := _ROW.match(line)))

    def __getitem__(self, requirement_id: str) -> Requirement:
        return self._by_id[requirement_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_id)

    def __len__(self) -> int:
        return len(self._by_id)

    def judged(self) -> list[Requirement]:
        """Return the requirements that this version judges."""
        return [requirement for requirement in self.values() if requirement.stage is not None]

    def not_judged(self) -> list[Requirement]:
        """Return the requirements that wait for a later version."""
        return [requirement for requirement in self.values() if requirement.stage is None]

    def require(self, requirement_id: str) -> Requirement:
        """Return a requirement.

        Raises:
            UsageError: The contract has none of that id.
        """
        if requirement_id in self:
            return self[requirement_id]
        raise UsageError(
            "requirement ids of docs/contract.md.", f"{requirement_id!r} is not one.", "correct the marker of the test."
        )


def gravest(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict that outweighs the others; without any, nothing was verified."""
    return min(verdicts, key=GRAVEST.index, default=Verdict.UNVERIFIED)


def _requirement(row: re.Match[str]) -> Requirement:
    stage = row["stage"]
    return Requirement(
        id=row["id"],
        level=Level(row["level"]),
        stage=None if stage == "-" else int(stage),
        hop=row["hop"],
        text=row["text"],
    )
