"""The course of a fault's run: which of its tests are still needed, now that some are over."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Course:
    """Follows one run, and tells when the verdict on the fault is known.

    It is known when a requirement that must break holds, or one that must hold breaks, or all has come as it should.

    Attributes:
        must_break: Ids of the requirements that must fail; one failed test each is enough.
        stays_green: Ids of those that must hold, by each of their tests.
        tests: The ids that each test judges, by its name.
    """

    must_break: Collection[str]
    stays_green: Collection[str]
    tests: Mapping[str, Collection[str]]
    failed: set[str] = field(default_factory=set)
    over: set[str] = field(default_factory=set)

    def needs(self, test: str) -> bool:
        """Tell whether a test can still change the verdict."""
        if self._held or self.failed.intersection(self.stays_green):
            return False
        asked = {*self.must_break, *self.stays_green}
        return bool(asked.intersection(self.tests[test]) - self.failed)

    def hears(self, test: str, *, failed: bool, over: bool) -> None:
        """Take in what became of a test, or of one phase of it."""
        if failed:
            self.failed.update(self.tests[test])
        if over:
            self.over.add(test)

    @property
    def _held(self) -> set[str]:
        """The requirements that should have broken, and of which every test is over."""
        awaited = {each for test, judged in self.tests.items() if test not in self.over for each in judged}
        return set(self.must_break) - self.failed - awaited
