"""Every fault of the catalogue is caught by the requirements that it breaks, at the hop where it breaks them."""

import ast
import json
from pathlib import Path

import pytest

from harness.contract import Contract
from harness.verdicts import FAILED
from tests.suite_run import RunSuite, Suite

CONTRACT = Contract.read()
FAULTS = sorted(file for file in (Path(__file__).parents[2] / "faults").glob("*.py") if file.stem != "__init__")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda file: file.stem)
def test_fault_is_caught_by_its_requirements(run_suite: RunSuite, fault: Path) -> None:
    """Each requirement that the fault names fails with its hop when its stage is run, and the gate says so."""
    must_break, hop = declared(fault)

    for stage in {CONTRACT[each].stage for each in must_break}:
        suite = run_suite(DISPATCHER=f"faults.{fault.stem}", STAGE=str(stage))
        assert suite.code() == FAILED, suite.output
        expected = {each: hop for each in must_break if CONTRACT[each].stage == stage}
        assert expected.items() <= broken_hops(suite).items(), suite.output


def broken_hops(suite: Suite) -> dict[str, str]:
    """Return the broken hop of each requirement that a run has found to be broken."""
    report = json.loads((suite.artifacts / "report.json").read_text())
    return {each["id"]: each["hop"] for each in report["requirements"] if each["verdict"] == "failed"}


def declared(fault: Path) -> tuple[tuple[str, ...], str]:
    """Return which requirement a fault must break and where, without importing the judged."""
    for node in ast.parse(fault.read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "(MUST_BREAK, HOP)":
            must_break, hop = ast.literal_eval(node.value)
            return tuple(must_break), str(hop)
    raise AssertionError(f"{fault.name} does not say what it breaks")
