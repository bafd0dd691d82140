"""What a person and a program read at the end of a run says no more than was judged."""

import datetime as dt

import pytest

from harness.baseline import KnownDefect
from harness.contract import Level, Requirement, Verdict
from harness.report import terminal
from harness.report.json_report import report
from harness.verdicts import NOT_SELECTED, Result


def requirement(identifier: str, level: Level = Level.MUST) -> Requirement:
    """Return a requirement of the second stage."""
    return Requirement(id=identifier, level=level, stage=2, hop="registered", text="It holds, and " + "so on " * 40)


def result(
    identifier: str,
    verdict: Verdict,
    *,
    reason: str = "",
    hop: str | None = None,
    level: Level = Level.MUST,
    known: str = "",
) -> Result:
    """Return the verdict on a requirement that two tests judged, or none, where it was not selected."""
    judged, tests = requirement(identifier, level), 0 if reason == NOT_SELECTED else 2
    return Result(requirement=judged, verdict=verdict, tests=tests, seconds=0.25, reason=reason, hop=hop, known=known)


PASSED = result("REG-01", Verdict.PASSED)
FAILED = result("REG-02", Verdict.FAILED, reason="no run", hop="run started")
BLOCKED = result("REG-03", Verdict.UNVERIFIED, reason="stage 1 does not")
LEFT_OUT = result("REG-04", Verdict.UNVERIFIED, reason=NOT_SELECTED)
WARNING = result("REG-06", Verdict.FAILED, reason="one retry", level=Level.SHOULD)
DEFECT = KnownDefect(requirement="REG-01", reason="ours", until=dt.date(2027, 1, 31), where="known.toml, line 3")
KNOWN = result("REG-01", Verdict.KNOWN_DEFECT, reason="two apps", hop="registered", known=str(DEFECT))


def test_stage_that_closes_the_run_says_so() -> None:
    """What a stage decides after a later one is told apart from what it decided in its turn."""
    assert [terminal.stage_title(8, after=after) for after in (5, 11)] == [
        "stage 8 records",
        "stage 8 records, at the end of the run",
    ]


def test_table_counts_each_verdict_and_gives_reasons() -> None:
    """The table has the gravest verdict last, and whatever is not green with its reason and broken hop."""
    lines = list(terminal.table([FAILED, PASSED, BLOCKED, WARNING]))

    assert lines == [
        "✔ passed: 1 MUST, 0 SHOULD",
        "? unverified: 1 MUST, 0 SHOULD",
        "    REG-03  M stage 1 does not",
        "✘ failed: 1 MUST, 1 SHOULD",
        "    REG-02  M [run started] no run",
        "    REG-06  S one retry",
    ]


def test_known_defect_is_shown_as_such() -> None:
    """Line, table and header say of a known defect why it is accepted and until when, and the table what was seen."""
    assert terminal.decided(KNOWN, 120).endswith("0.25 s known defect: ours (until 2027-01-31)")
    assert list(terminal.table([KNOWN])) == [
        "~ known defect: 1 MUST, 0 SHOULD",
        "    REG-01  M [registered] known defect: ours (until 2027-01-31); seen: two apps",
    ]
    assert list(terminal.baseline("known.toml", [DEFECT])) == ["baseline: known.toml, known defects: REG-01"]
    assert list(terminal.baseline("", [])) == []


@pytest.mark.parametrize(
    ("code", "results", "outdated", "verdict"),
    [
        (0, [KNOWN], [], "every MUST that was judged holds, but for known defects"),
        (1, [PASSED, WARNING], [DEFECT], "the baseline lists what holds: correct it, and judge again"),
        (1, [FAILED], [DEFECT], "a MUST is broken: do not deploy"),
    ],
)
def test_conclusion_says_what_the_baseline_did(
    code: int, results: list[Result], outdated: list[KnownDefect], verdict: str
) -> None:
    """What the baseline let through, or lists wrongly, is in the verdict, with the line to remove."""
    lines = list(terminal.conclusion(code, results=results, not_judged=[], partial=False, outdated=outdated))

    wrong = ["✘ known.toml, line 3: REG-01 holds now; remove it from the baseline"] if outdated else []
    assert lines == [*wrong, f"VERDICT: {verdict} (exit {code})"]


def test_table_is_silent_on_what_was_not_selected() -> None:
    """A requirement that the run was asked to leave out is no finding."""
    assert list(terminal.table([PASSED, LEFT_OUT])) == ["✔ passed: 1 MUST, 0 SHOULD"]


@pytest.mark.parametrize("width", [40, 100, 200])
def test_line_of_a_requirement_fits_the_screen(width: int) -> None:
    """The line has sign, id, seconds and broken hop, and the requirement as far as there is room."""
    line = terminal.decided(FAILED, width)

    assert line.startswith("  ✘ REG-02  M It holds, and")
    assert line.endswith("…   0.25 s ✘ run started")
    assert len(line) <= max(width, 60)


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        (0, "every MUST that was judged holds"),
        (1, "a MUST is broken: do not deploy"),
        (2, "interrupted: no verdict"),
        (3, "the suite itself failed: no verdict"),
        (6, "a MUST could not be verified: no verdict"),
    ],
)
def test_conclusion_says_what_the_exit_code_means(code: int, verdict: str) -> None:
    """The last line of a whole run is its verdict, with the exit code."""
    lines = list(terminal.conclusion(code, results=[PASSED], not_judged=[], partial=False))

    assert lines == [f"VERDICT: {verdict} (exit {code})"]


def test_conclusion_names_what_the_run_does_not_say() -> None:
    """What no test judges and what was left out is counted and named, and a part is never sold as the whole."""
    not_judged = [requirement("REG-05"), requirement("RET-06"), requirement("RET-07", Level.SHOULD)]
    left_out = [result(each, Verdict.UNVERIFIED, reason=NOT_SELECTED) for each in ("REG-04", "REG-06", "REG-07")]

    lines = list(terminal.conclusion(0, results=[PASSED, *left_out], not_judged=not_judged, partial=True))

    assert lines[:-1] == [
        "· not judged by this version: 2 MUST, 1 SHOULD (REG-05, RET-06..07)",
        "· not selected: 3 MUST, 0 SHOULD (REG-04, REG-06..07)",
        "PARTIAL RUN: this is no verdict on a deploy",
    ]


def test_report_has_the_run_and_every_requirement() -> None:
    """The report names engine, database, target, times and exit code, and counts each verdict, also those of none."""
    engine = {"kind": "embedded", "version": "1.43.0", "image": None, "mode": "dev"}

    whole = report(
        results=[PASSED, FAILED],
        not_judged=[requirement("REG-05")],
        engine=engine,
        database="PostgreSQL 15",
        notes=["another image"],
        target="reference",
        baseline="known.toml",
        outdated=[DEFECT],
        ready=1.004,
        seconds=9.876,
        code=1,
        partial=False,
        receipt=None,
        problem="",
    )

    [_, failed] = whole.pop("requirements")
    assert failed == {
        "id": "REG-02",
        "level": "M",
        "verdict": "failed",
        "tests": 2,
        "seconds": 0.25,
        "reason": "no run",
        "hop": "run started",
        "waived": "",
        "known": "",
    }
    assert whole == {
        "engine": engine,
        "database": "PostgreSQL 15",
        "notes": ["another image"],
        "target": "reference",
        "baseline": {"file": "known.toml", "outdated": {"REG-01": "known.toml, line 3"}},
        "ready": 1.0,
        "seconds": 9.88,
        "exit": 1,
        "partial": False,
        "receipt": None,
        "problem": "",
        "counts": dict.fromkeys(Verdict, 0) | {"passed": 1, "failed": 1},
        "not_judged": ["REG-05"],
    }
