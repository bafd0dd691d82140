"""From the outcomes of tests to the verdicts on requirements.

A requirement is decided when the last test that judges it has ended; its verdict is the gravest of theirs.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from harness.baseline import KnownDefect
from harness.contract import Contract, Level, Requirement, Verdict, gravest

PASSED, FAILED, HARNESS_ERROR, BAD_USAGE, COULD_NOT_VERIFY = 0, 1, 3, 4, 6
"""Exit codes; 2 is an interrupted run, as everywhere in pytest."""

TURNS, STAGES = 1000, 1000
"""More than a stage has tests that run alone, and more than there are stages."""

NOT_REACHED, NOT_SELECTED = "not reached", "not selected"
"""Why there is no verdict on a requirement: the run ended before it, or was asked to leave it out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A collected test: what it judges and when it may run.

    Attributes:
        nodeid: pytest's name of the test.
        stage: Its stage.
        closing: Whether it needs every other test to be over, those of later stages too.
        requirements: Ids of what it judges.
        promise: The sentence that it guards.
        turn: 0 to run beside the others of its stage; from 1 on for those that run alone, one after the other.
    """

    nodeid: str
    stage: int
    closing: bool
    requirements: tuple[str, ...]
    promise: str
    turn: int = 0

    @property
    def rank(self) -> int:
        """Tests of a lower rank are over before this one starts."""
        return (self.closing * STAGES + self.stage) * TURNS + self.turn

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> "Judged":
        return cls(**{**entry, "requirements": tuple(entry["requirements"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one test.

    Attributes:
        reason: Why it is not green, in one line; empty otherwise.
        hop: The broken hop of the event's journey, when the test failed.
        blocks: Whether later stages can't build on it.
        crashed: Whether its process died of it; what that process was still to do is then done later, in any order.
    """

    nodeid: str
    verdict: Verdict
    seconds: float = 0.0
    reason: str = ""
    hop: str | None = None
    blocks: bool = False
    crashed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The verdict on one requirement.

    Attributes:
        waived: Why the target's owner does without this verdict, which could not be reached; empty otherwise.
        known: What the baseline says of the requirement, which failed as it says; empty otherwise.
    """

    requirement: Requirement
    verdict: Verdict
    tests: int
    seconds: float
    reason: str
    hop: str | None
    waived: str = ""
    known: str = ""

    @property
    def selected(self) -> bool:
        """Whether a test of this run judges it."""
        return self.tests > 0


class Verdicts:
    """Collects outcomes and tells what they mean.

    Args:
        contract: The requirements.
        judged: The tests of this run.
        narrowed: Whether the run was asked to leave tests out, perhaps some of a requirement that it judges by others.
        waived: Requirements whose verdict the target's owner does without when there is none, each with a reason.
        baseline: Requirements that the target is known to break.
    """

    def __init__(
        self,
        contract: Contract,
        judged: Iterable[Judged],
        *,
        narrowed: bool = False,
        waived: Mapping[str, str] | None = None,
        baseline: Mapping[str, KnownDefect] | None = None,
    ) -> None:
        self.contract = contract
        self._baseline = baseline or {}
        self._waived = waived or {}
        self._narrowed = narrowed
        self.judged = {test.nodeid: test for test in judged}
        self.outcomes: dict[str, Outcome] = {}
        self._over: set[str] = set()

    def add(self, outcome: Outcome, *, over: bool = True) -> list[Result]:
        """Take the outcome of a test, or of one phase of it, and return the requirements that it decided.

        Args:
            outcome: What became of the phase; the gravest of a test's phases counts.
            over: Whether it was the last one.
        """
        known = self.outcomes.get(outcome.nodeid, outcome)
        graver = outcome if _outweighs(outcome.verdict, known.verdict) else known
        seconds = outcome.seconds if known is outcome else known.seconds + outcome.seconds
        self.outcomes[outcome.nodeid] = replace(graver, seconds=seconds)
        if not over:
            return []
        self._over.add(outcome.nodeid)
        return [self.result(each) for each in self.judged[outcome.nodeid].requirements if self._decided(each)]

    def result(self, requirement_id: str) -> Result:
        """Return the verdict on a requirement as it stands."""
        tests = self._tests_of(requirement_id)
        outcomes = [self.outcomes[nodeid] for nodeid in tests if nodeid in self._over]
        complete = bool(tests) and len(outcomes) == len(tests)
        verdict = gravest([outcome.verdict for outcome in outcomes] + ([] if complete else [Verdict.UNVERIFIED]))
        decisive = next((outcome for outcome in outcomes if outcome.verdict == verdict), None)
        known = self._baseline.get(requirement_id) if verdict is Verdict.FAILED else None
        return Result(
            requirement=self.contract[requirement_id],
            verdict=Verdict.KNOWN_DEFECT if known else verdict,
            tests=len(tests),
            seconds=round(sum(outcome.seconds for outcome in outcomes), 3),
            reason=decisive.reason if decisive else NOT_REACHED if tests else NOT_SELECTED,
            hop=decisive.hop if decisive else None,
            waived=self._waived.get(requirement_id, "") if complete and verdict is Verdict.UNVERIFIED else "",
            known=str(known or ""),
        )

    def results(self) -> list[Result]:
        """Return the verdict on every requirement that this version judges."""
        return [self.result(requirement.id) for requirement in self.contract.judged()]

    def outdated(self) -> list[KnownDefect]:
        """Return what the baseline lists and this run has seen to hold; half of its tests would not be enough."""
        if self._narrowed:
            return []
        return [known for each, known in self._baseline.items() if self.result(each).verdict is Verdict.PASSED]

    @property
    def partial(self) -> bool:
        """Whether the run left requirements or tests out by selection; it then says nothing about a deploy."""
        return self._narrowed or any(not self._tests_of(requirement.id) for requirement in self.contract.judged())

    def progress(self) -> dict[str, Any]:
        """Return what a waiting test must know: which rank may start, and what blocks the stages to come."""
        waiting = [test.rank for nodeid, test in self.judged.items() if nodeid not in self._over]
        crashed = any(outcome.crashed for outcome in self.outcomes.values())
        if crashed:
            waiting = []  # whoever waits may hold up the very tests that it waits for
        return {"open_rank": min(waiting, default=2**31), "blocker": self._blocker(), "crashed": crashed}

    def _blocker(self) -> dict[str, Any] | None:
        blocking = [outcome for outcome in self.outcomes.values() if outcome.blocks]
        first = min(blocking, key=lambda outcome: self.judged[outcome.nodeid].stage, default=None)
        if first is None:
            return None
        test = self.judged[first.nodeid]
        return {"stage": test.stage, "reason": f"{', '.join(test.requirements)}: {first.reason}"}

    def exit_code(self, *, strict: bool) -> int:
        """Return the exit code of the run: failed outweighs could-not-verify, which outweighs passed.

        A baseline that lists what holds fails the run too: it would hide the next one who breaks it.
        """
        results = [result for result in self.results() if result.selected]
        counted = [each for each in results if not each.waived]
        musts = [each.verdict for each in counted if strict or each.requirement.level is Level.MUST]
        if Verdict.FAILED in musts or self.outdated():
            return FAILED
        if any(result.verdict is Verdict.HARNESS_ERROR for result in results):
            return HARNESS_ERROR
        return COULD_NOT_VERIFY if Verdict.UNVERIFIED in musts or not musts else PASSED

    def _decided(self, requirement_id: str) -> bool:
        return all(nodeid in self._over for nodeid in self._tests_of(requirement_id))

    def _tests_of(self, requirement_id: str) -> list[str]:
        return [nodeid for nodeid, test in self.judged.items() if requirement_id in test.requirements]


def _outweighs(later: Verdict, earlier: Verdict) -> bool:
    """Tell which phase of one test counts: a test that is not applicable is not passed by tidying up well."""
    if Verdict.NOT_APPLICABLE in (later, earlier) and Verdict.PASSED in (later, earlier):
        return later is Verdict.NOT_APPLICABLE
    return gravest([earlier, later]) is not earlier
