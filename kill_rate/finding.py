"""What a run of the suite says of one dispatcher of the catalogue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.contract import Verdict
from kill_rate.catalogue import Specimen

HARMLESS = {Verdict.PASSED.value, Verdict.NOT_APPLICABLE.value}
NOT_JUDGED = "not judged"
"""The verdict where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """What a run said of the requirements.

    Attributes:
        found: The entries of its report, by requirement.
        problem: Why there is no report, or why it can't be relied upon; empty otherwise.
    """

    found: Mapping[str, Mapping[str, Any]]
    problem: str = ""

    @classmethod
    def of(cls, report: Mapping[str, Any]) -> "Verdicts":
        """Read a report."""
        found = {each["id"]: each for each in report["requirements"] if each["tests"]}
        return cls(found=found, problem=report["problem"])

    def verdict(self, requirement: str) -> str:
        return str(self.found[requirement]["verdict"]) if requirement in self.found else NOT_JUDGED

    def reason(self, requirement: str) -> str:
        return str(self.found[requirement]["reason"]) if requirement in self.found else self.problem

    @property
    def broken(self) -> dict[str, str]:
        """The requirements that failed, with the hop of each."""
        return {id_: each["hop"] for id_, each in self.found.items() if each["verdict"] == Verdict.FAILED.value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The verdict on one dispatcher.

    Attributes:
        specimen: Who was judged.
        verdicts: What the suite said.
        seconds: How long it took.
        folder: Where its report and logs are.
    """

    specimen: Specimen
    verdicts: Verdicts
    seconds: float
    folder: str

    @property
    def survived(self) -> list[str]:
        """The requirements that should have failed and did not, each with what was said of it."""
        must_break, broken = self.specimen.must_break, self.verdicts.broken
        return [self._said(each) for each in must_break if each not in broken]

    @property
    def accused(self) -> list[str]:
        """The requirements that should hold and were not seen to, each with what was said of it, failures first.

        The run of a survivor stops before they are all judged; then those alone count that failed.
        """
        told = {each: self.verdicts.verdict(each) for each in self._expected}
        failed = [each for each, verdict in told.items() if verdict == Verdict.FAILED.value]
        unseen = [each for each, verdict in told.items() if verdict not in {*HARMLESS, Verdict.FAILED.value}]
        return [self._said(each) for each in (failed if self.survived else failed + unseen)]

    @property
    def as_expected(self) -> bool:
        """Whether what must break was seen to break, and nothing else was said to."""
        return not (self.survived or self.accused or self.verdicts.problem)

    @property
    def killed(self) -> bool:
        """Whether it is a fault that was caught, for its own reason alone."""
        return self.specimen.is_fault and self.as_expected

    @property
    def right_hop(self) -> bool:
        """Whether each requirement broke at the hop where the fault is."""
        broken = self.verdicts.broken
        return all(broken.get(each) == self.specimen.hop for each in self.specimen.must_break)

    def as_json(self) -> dict[str, Any]:
        """Return it for artifacts/kill-rate.json."""
        specimen, told = self.specimen, {"name": self.specimen.name, "seconds": round(self.seconds, 1)}
        broke = {"broke": [*self.verdicts.broken], "problem": self.verdicts.problem}
        if not specimen.is_fault:
            return told | broke | {"unmet": [*specimen.unmet], "accused": self.accused}
        return {
            **told,
            "must_break": [*specimen.must_break],
            **broke,
            "hop_expected": specimen.hop,
            "hop_seen": self.verdicts.broken,
            "stays_green": [*specimen.stays_green],
            "stayed_green": not self.accused,
            "killed": self.killed,
            "right_hop": self.right_hop,
        }

    @property
    def _expected(self) -> Sequence[str]:
        if self.specimen.is_fault:
            return self.specimen.stays_green
        return [each for each in self.verdicts.found if each not in self.specimen.unmet]

    def _said(self, requirement: str) -> str:
        reason = self.verdicts.reason(requirement)
        return f"{requirement} {self.verdicts.verdict(requirement)}{f' ({reason})' if reason else ''}"
