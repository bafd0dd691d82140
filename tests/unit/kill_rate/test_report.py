"""What is told of the findings says what survived, where to read on, and what nobody has proved."""

import pytest

from harness.contract import Level
from kill_rate import page, report
from kill_rate.finding import Finding
from kill_rate.tally import Tally
from tests.unit.kill_rate.specimens import FAILED, FAULT, KILLED, NOT_ACCUSED, PASSED, VARIANT, entry, finding

LEVELS = {"RET-01": Level.MUST, "RET-02": Level.MUST, "SIG-06": Level.SHOULD}
SURVIVOR = finding(FAULT, RET_02=entry(PASSED), RET_01=entry(PASSED), RET_03=entry(PASSED))
ALARM = finding(VARIANT, RET_02=entry(FAILED, reason="two POSTs"))


def tally(*findings: Finding) -> Tally:
    """Return the tally of a contract with three requirements."""
    return Tally(findings=findings, requirements=LEVELS)


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (KILLED, "✔ follows: killed by RET-02 at delivered in 4.1 s"),
        (NOT_ACCUSED, "✔ in_one_run: correct, and not accused, in 4.1 s"),
        (SURVIVOR, "✘ follows: survived: RET-02 passed; see a/f (4.1 s)"),
        (ALARM, "✘ in_one_run: false alarm: RET-02 failed (two POSTs); see a/f (4.1 s)"),
        (finding(FAULT, "no\nreport"), "✘ follows: could not be judged: no report; see a/f (4.1 s)"),
        (
            finding(FAULT, RET_02=entry(FAILED, hop="recorded"), RET_01=entry(PASSED), RET_03=entry(PASSED)),
            "✔ follows: killed by RET-02 at recorded in 4.1 s, though its hop is delivered",
        ),
        (
            finding(FAULT, RET_02=entry(FAILED), RET_01=entry(FAILED), RET_03=entry(PASSED)),
            "✘ follows: accused beside: RET-01 failed; see a/f (4.1 s)",
        ),
    ],
)
def test_line_tells_what_became_of_a_dispatcher(found: Finding, line: str) -> None:
    """A line names the requirement and the hop of a kill, and of anything else the reason and the folder."""
    assert report.line(found) == line


def test_summary_counts_and_repeats_what_is_wrong() -> None:
    """The end has the rates, and once more each survivor and each false alarm."""
    assert [*report.summary(tally(SURVIVOR, ALARM))] == [
        "killed: 0 of 1 faults (0.0%)",
        "right hop: 0 of 0 (100.0%)",
        "false alarms: 1 in 1 correct dispatchers",
        report.line(SURVIVOR),
        report.line(ALARM),
    ]


def test_requirement_that_killed_nothing_is_unproven() -> None:
    """A requirement is proved by a fault that it killed, neither by a survivor nor by standing beside."""
    assert tally(KILLED).unproven == {"M": ["RET-01"], "S": ["SIG-06"]}
    assert tally(SURVIVOR).unproven == {"M": ["RET-01", "RET-02"], "S": ["SIG-06"]}


def test_file_for_programs_has_every_dispatcher() -> None:
    """artifacts/kill-rate.json says of each fault what it should and did break, and of the whole the rates."""
    told = report.as_json(tally(KILLED, ALARM), seconds=8.04, complete=True)

    assert (told["kill_rate"], told["right_hop_rate"], told["false_alarms"]) == (1.0, 1.0, ["in_one_run"])
    assert told["variants"][0]["accused"] == ["RET-02 failed (two POSTs)"]
    assert told["faults"] == [
        {
            "name": "follows",
            "seconds": 4.1,
            "must_break": ["RET-02"],
            "broke": ["RET-02"],
            "problem": "",
            "hop_expected": "delivered",
            "hop_seen": {"RET-02": "delivered"},
            "stays_green": ["RET-01", "RET-03"],
            "stayed_green": True,
            "killed": True,
            "right_hop": True,
        }
    ]


def test_page_is_the_same_for_the_same_findings() -> None:
    """Neither the order of the findings nor their times are in it."""
    assert page.page(tally(KILLED, NOT_ACCUSED)) == page.page(tally(NOT_ACCUSED, KILLED))
    assert "4.0" not in page.page(tally(KILLED))


def test_page_shows_what_is_wrong() -> None:
    """A survivor, a false alarm and an unproven requirement are marked."""
    written = page.page(tally(SURVIVOR, ALARM))

    assert "| follows | RET-02 | delivered | RET-01, RET-03 | A redirect is followed. | **survived** |" in written
    assert "| in_one_run | SIG-06 | All is one run. | **false alarm** |" in written
    assert "| RET-02 | M | **unproven** |" in written
