"""Dispatchers and findings to test with, none of which ever runs."""

from typing import Any

from kill_rate.catalogue import Specimen
from kill_rate.finding import Finding, Verdicts

FAULT = Specimen(
    name="follows",
    text="A redirect is followed.",
    must_break=("RET-02",),
    hop="delivered",
    stays_green=("RET-01", "RET-03"),
)
VARIANT = Specimen(name="in_one_run", text="All is one run.", unmet=("SIG-06",))
PASSED, FAILED, UNVERIFIED = "passed", "failed", "unverified"


def entry(verdict: str, *, hop: str | None = None, reason: str = "") -> dict[str, Any]:
    """Return what a report says of one requirement."""
    return {
        "verdict": verdict,
        "hop": hop or ("delivered" if verdict == FAILED else None),
        "reason": reason,
        "tests": 1,
    }


def finding(specimen: Specimen, problem: str = "", **found: dict[str, Any]) -> Finding:
    """Return a finding; requirements are written with an underscore: `RET_02=entry(PASSED)`."""
    entries = {name.replace("_", "-"): told for name, told in found.items()}
    return Finding(specimen=specimen, verdicts=Verdicts(found=entries, problem=problem), seconds=4.06, folder="a/f")


KILLED = finding(FAULT, RET_02=entry(FAILED), RET_01=entry(PASSED), RET_03=entry(PASSED))
NOT_ACCUSED = finding(VARIANT, RET_02=entry(PASSED), SIG_06=entry(FAILED))
