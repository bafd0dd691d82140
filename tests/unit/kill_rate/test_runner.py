"""The runner judges each dispatcher once, in as many workers as it was told, and closes what it opened."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest

from harness.errors import SetupError
from kill_rate.catalogue import Specimen
from kill_rate.finding import Finding
from kill_rate.runner import judge_all
from tests.unit.kill_rate.specimens import FAULT, finding

SPECIMENS = [replace(FAULT, name=f"fault_{number}") for number in range(8)]


@dataclass(slots=True)
class FakeSuite:
    """Judges at once, and counts the stacks that are open."""

    broken: str = ""
    opened: set[int] = field(default_factory=set)
    closed: set[int] = field(default_factory=set)

    @contextmanager
    def open(self, worker: int) -> Iterator["FakeSuite"]:
        """Open the stack of a worker."""
        self.opened.add(worker)
        try:
            yield self
        finally:
            self.closed.add(worker)

    def judge(self, specimen: Specimen) -> Finding:
        """Find nothing, or fail."""
        if specimen.name == self.broken:
            raise SetupError("a database.", "it is gone.", "start it.")
        return finding(specimen)


@pytest.mark.parametrize("workers", [1, 3])
def test_each_dispatcher_is_judged_once(workers: int) -> None:
    """However many work, every dispatcher has one finding, and every stack is closed."""
    suite = FakeSuite()

    findings = [*judge_all(SPECIMENS, suite.open, workers=workers, stopping=threading.Event())]

    assert sorted(each.specimen.name for each in findings) == [each.name for each in SPECIMENS]
    assert suite.opened == suite.closed == {*range(workers)}


def test_no_more_stacks_than_dispatchers() -> None:
    """One dispatcher needs one stack."""
    suite = FakeSuite()

    assert len([*judge_all(SPECIMENS[:1], suite.open, workers=4, stopping=threading.Event())]) == 1
    assert suite.opened == {0}


def test_stack_that_is_lost_ends_all() -> None:
    """When a worker can't go on, whoever asked hears why, and every stack is closed by then."""
    suite = FakeSuite(broken="fault_2")

    with pytest.raises(SetupError, match="it is gone"):
        list(judge_all(SPECIMENS, suite.open, workers=2, stopping=threading.Event()))
    assert suite.opened == suite.closed


def test_whoever_stops_gets_no_more() -> None:
    """After the first finding the caller leaves, as by Ctrl-C: what is open is closed."""
    suite, stopping = FakeSuite(), threading.Event()
    findings = judge_all(SPECIMENS, suite.open, workers=1, stopping=stopping)

    next(findings)
    findings.close()  # type: ignore[attr-defined] # it is a generator

    assert stopping.is_set()
    assert suite.opened == suite.closed
