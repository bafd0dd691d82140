"""All findings together: rates, false alarms, and what no fault has proved."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.contract import Level
from kill_rate.finding import Finding

RIGHT_HOPS = 0.95
"""The share of killed faults whose hop must be named right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What all findings together say.

    Attributes:
        findings: One a dispatcher.
        requirements: The contract's requirements, with the level of each.
    """

    findings: Sequence[Finding]
    requirements: Mapping[str, Level]

    @property
    def faults(self) -> list[Finding]:
        return _sorted(each for each in self.findings if each.specimen.is_fault)

    @property
    def variants(self) -> list[Finding]:
        return _sorted(each for each in self.findings if not each.specimen.is_fault)

    @property
    def kill_rate(self) -> float:
        return _share([each.killed for each in self.faults])

    @property
    def right_hop_rate(self) -> float:
        return _share([each.right_hop for each in self.faults if each.killed])

    @property
    def false_alarms(self) -> list[Finding]:
        return [each for each in self.variants if not each.as_expected]

    @property
    def killers(self) -> dict[str, list[str]]:
        """The faults that each requirement has killed."""
        return {
            requirement: [
                each.specimen.name for each in self.faults if each.killed and requirement in each.specimen.must_break
            ]
            for requirement in self.requirements
        }

    @property
    def unproven(self) -> dict[str, list[str]]:
        """The requirements, by level, that have killed no fault: nobody has seen them fail."""
        unproven = [requirement for requirement, killed in self.killers.items() if not killed]
        return {level.value: [each for each in unproven if self.requirements[each] is level] for level in Level}


def _sorted(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda each: each.specimen.name)


def _share(values: Sequence[bool]) -> float:
    return sum(values) / len(values) if values else 1.0
