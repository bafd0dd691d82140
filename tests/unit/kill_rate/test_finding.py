"""A kill counts for its own reason alone, and a correct dispatcher is accused by whatever is not green."""

from typing import Any

import pytest

from kill_rate.finding import Finding, Verdicts
from tests.unit.kill_rate.specimens import (
    FAILED,
    FAULT,
    KILLED,
    NOT_ACCUSED,
    PASSED,
    UNVERIFIED,
    VARIANT,
    entry,
    finding,
)

GREEN: dict[str, Any] = {"RET_01": entry(PASSED), "RET_03": entry(PASSED)}


def test_fault_is_killed_by_the_requirement_that_it_breaks() -> None:
    """The named requirement failed at the fault's hop, and its neighbours held."""
    assert (KILLED.killed, KILLED.right_hop, KILLED.survived, KILLED.accused) == (True, True, [], [])


@pytest.mark.parametrize(
    "found",
    [
        finding(FAULT, RET_02=entry(PASSED), **GREEN),
        finding(FAULT, RET_02=entry(UNVERIFIED, reason="no run"), **GREEN),
        finding(FAULT, RET_02=entry("harness error"), **GREEN),
        finding(FAULT, RET_02=entry(FAILED), RET_01=entry(FAILED), RET_03=entry(PASSED)),
        finding(FAULT, RET_02=entry(FAILED), RET_01=entry(UNVERIFIED), RET_03=entry(PASSED)),
        finding(FAULT, RET_02=entry(FAILED), RET_01=entry(PASSED)),
        finding(FAULT, "Inngest is gone", RET_02=entry(FAILED), **GREEN),
        finding(FAULT, "it does not start"),
    ],
)
def test_nothing_else_is_a_kill(found: Finding) -> None:
    """Not a pass, not a verdict that could not be reached, not a failure beside, not a run with a problem."""
    assert not found.killed


def test_neighbours_of_a_survivor_are_accused_by_failures_alone() -> None:
    """The run stops once the fault has survived: what it did not come to is no accusation."""
    found = finding(FAULT, RET_02=entry(PASSED), RET_01=entry(UNVERIFIED), RET_03=entry(FAILED, reason="two POSTs"))

    assert (found.survived, found.accused) == (["RET-02 passed"], ["RET-03 failed (two POSTs)"])


def test_wrong_hop_is_a_kill_of_its_own_kind() -> None:
    """A fault that is caught where it is not counts as killed, and against the rate of right hops."""
    found = finding(FAULT, RET_02=entry(FAILED, hop="recorded"), **GREEN)

    assert (found.killed, found.right_hop) == (True, False)


@pytest.mark.parametrize(
    ("found", "accused"),
    [
        (NOT_ACCUSED, []),
        (finding(VARIANT, RET_02=entry("not applicable")), []),
        (finding(VARIANT, RET_02=entry(FAILED, reason="two POSTs")), ["RET-02 failed (two POSTs)"]),
        (finding(VARIANT, RET_02=entry(UNVERIFIED, reason="no run")), ["RET-02 unverified (no run)"]),
    ],
)
def test_correct_dispatcher_is_accused_by_what_is_not_green(found: Finding, accused: list[str]) -> None:
    """Only a SHOULD that it declares to do without may fail."""
    assert (found.accused, found.as_expected) == (accused, not accused)


def test_report_of_a_run_is_read_for_what_it_judged() -> None:
    """Requirements without a test in the run are no verdicts."""
    judged, left_out = {"id": "RET-02"} | entry(FAILED), {"id": "RET-03"} | entry(UNVERIFIED) | {"tests": 0}

    verdicts = Verdicts.of({"requirements": [judged, left_out], "problem": ""})

    assert (verdicts.broken, verdicts.verdict("RET-03")) == ({"RET-02": "delivered"}, "not judged")
