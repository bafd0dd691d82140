"""Every fault of the catalogue is caught by the requirement that it breaks, at the hop where it breaks it."""

import importlib
import json
import pkgutil

import pytest

import faults
from harness.verdicts import FAILED
from tests.suite_run import RunSuite

CATALOGUE = [module.name for module in pkgutil.iter_modules(faults.__path__)]


@pytest.mark.parametrize("name", CATALOGUE)
def test_fault_is_caught_by_its_requirement(run_suite: RunSuite, name: str) -> None:
    """The requirement that the fault names fails with its hop, and the run says: do not deploy."""
    fault = importlib.import_module(f"faults.{name}")
    suite = run_suite(DISPATCHER=f"faults.{name}")

    assert suite.code() == FAILED, suite.output
    report = json.loads((suite.artifacts / "report.json").read_text())
    broken = {each["id"]: each["hop"] for each in report["requirements"] if each["verdict"] == "failed"}
    assert broken.get(fault.MUST_BREAK) == fault.HOP, broken
