"""A run with a baseline lets pass what is known to be broken, and nothing else."""

import json
from pathlib import Path

import pytest

from harness.verdicts import BAD_USAGE, FAILED, PASSED
from tests.suite_run import RunSuite

BROKEN, LATER = "tests/stage_5_delivery/test_outcome.py", "tests/stage_8_records/test_rows.py"
KNOWN = '[RET-02]\nreason = "redirects, ticket 4711"\nuntil = 2999-12-31\n'
SLOW = 180.0
"""Seconds for runs of two stages on a machine that is busy with others."""

HOLDS = '\n[PLAT-01]\nreason = "not so"\n'


def baseline(folder: Path, text: str) -> str:
    """Return the path of a baseline with that text."""
    file = folder / "known.toml"
    file.write_text(text)
    return str(file)


@pytest.mark.parametrize("workers", ["0", "2"])
def test_known_defect_neither_fails_the_run_nor_blocks_later_stages(
    run_suite: RunSuite, tmp_path: Path, workers: str
) -> None:
    """A dispatcher that follows redirects, as the baseline says, passes the gate, and its later stages are judged."""
    suite = run_suite(
        *("-n", workers, BROKEN, LATER, "-k", "redirect or share_rows"),
        DISPATCHER="faults redirects_followed",
        BASELINE=baseline(tmp_path, KNOWN),
    )

    assert suite.code(within=SLOW) == PASSED, suite.output
    assert "RET-02  M [delivered] known defect: redirects, ticket 4711 (until 2999-12-31); seen: " in suite.output
    report = json.loads((suite.artifacts / "report.json").read_text())
    assert (report["counts"]["known defect"], report["counts"]["failed"], report["exit"]) == (1, 0, 0)
    assert {each["verdict"] for each in report["requirements"] if each["id"] == "REC-01"} == {"passed"}


def test_defect_that_is_mended_fails_the_run(run_suite: RunSuite, tmp_path: Path) -> None:
    """What the baseline lists and the run has seen to hold is named with its line, and fails the run."""
    suite = run_suite(f"--baseline={baseline(tmp_path, HOLDS)}", STAGE="1")

    assert suite.code() == FAILED, suite.output
    assert "known.toml, line 2: PLAT-01 holds now; remove it from the baseline" in suite.output
    assert "VERDICT: the baseline lists what holds: correct it, and judge again (exit 1)" in suite.output


def test_wrong_baseline_is_bad_usage(run_suite: RunSuite, tmp_path: Path) -> None:
    """A baseline that is not right ends the run before anything is started, with every line to correct."""
    suite = run_suite("-n", "2", BASELINE=baseline(tmp_path, '[SIG-99]\nreason = "x"\n[SIG-01]\n'))

    assert suite.code() == BAD_USAGE
    assert "known.toml, line 1: SIG-99 is no requirement" in suite.output
    assert "known.toml, line 3: SIG-01 has no reason" in suite.output
    assert not suite.artifacts.exists()
