"""Every fault of the catalogue is caught by the requirements that it breaks, at the hop where it breaks them."""

import json
import subprocess
import sys
from typing import Any

import pytest

from harness.contract import Contract
from harness.verdicts import FAILED
from tests.suite_run import ROOT, RunSuite, Suite

CONTRACT = Contract.read()


def catalogue() -> list[dict[str, Any]]:
    """Return the faults as the catalogue itself tells them, without importing the judged."""
    told = subprocess.run([sys.executable, "-m", "faults", "--list"], cwd=ROOT, check=True, capture_output=True)
    return list(json.loads(told.stdout)["faults"])


@pytest.mark.parametrize("fault", catalogue(), ids=lambda fault: str(fault["name"]))
def test_fault_is_caught_by_its_requirements(run_suite: RunSuite, fault: dict[str, Any]) -> None:
    """Each requirement that the fault names fails with its hop when its stage is run, and the gate says so."""
    for stage in {CONTRACT[each].stage for each in fault["must_break"]}:
        suite = run_suite(DISPATCHER=f"faults {fault['name']}", STAGE=str(stage))
        assert suite.code() == FAILED, suite.output
        expected = {each: fault["hop"] for each in fault["must_break"] if CONTRACT[each].stage == stage}
        assert expected.items() <= broken_hops(suite).items(), suite.output


def broken_hops(suite: Suite) -> dict[str, str]:
    """Return the broken hop of each requirement that a run has found to be broken."""
    report = json.loads((suite.artifacts / "report.json").read_text())
    return {each["id"]: each["hop"] for each in report["requirements"] if each["verdict"] == "failed"}
