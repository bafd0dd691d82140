"""A stage that fails blocks the later ones, and what was blocked never reads as green."""

import json

import pytest

from harness.verdicts import FAILED
from tests.suite_run import RunSuite


@pytest.mark.parametrize("workers", ["0", "2"])
def test_failed_stage_blocks_the_later_ones(run_suite: RunSuite, workers: str) -> None:
    """With a trigger that never fires, stage 2 fails, and every later requirement is unverified with that reason."""
    suite = run_suite("-n", workers, DISPATCHER="faults star_trigger")

    assert suite.code() == FAILED, suite.output
    report = json.loads((suite.artifacts / "report.json").read_text())
    later = [each for each in report["requirements"] if each["id"].split("-")[0] in {"EVT", "MAT", "SIG", "REC"}]
    assert {each["verdict"] for each in later} == {"unverified"}
    assert {each["reason"].startswith("stage 2 does not: REG-02") for each in later} == {True}
    assert [each["hop"] for each in report["requirements"] if each["verdict"] == "failed"] == ["run started"]
