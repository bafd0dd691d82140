"""The report that programs read: artifacts/report.json."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from harness.baseline import KnownDefect
from harness.contract import Requirement, Verdict
from harness.verdicts import Result


def report(
    *,
    results: Sequence[Result],
    not_judged: Sequence[Requirement],
    engine: Mapping[str, Any],
    database: str,
    notes: Sequence[str],
    target: str,
    baseline: str,
    outdated: Sequence[KnownDefect],
    ready: float,
    seconds: float,
    code: int,
    partial: bool,
    receipt: Mapping[str, Any] | None,
    problem: str,
) -> dict[str, Any]:
    """Return the report of a run; every requirement that this version judges is in it, whatever was selected.

    `ready` is the seconds from the start of the run until its first test could start, `problem` says why none could;
    `receipt` tells what was removed again from a platform that runs by itself; `outdated` is what the file `baseline`
    lists although it holds.
    """
    counts = Counter(result.verdict.value for result in results)
    return {
        "engine": engine,
        "database": database,
        "notes": list(notes),
        "target": target,
        "baseline": {"file": baseline, "outdated": {each.requirement: each.where for each in outdated}},
        "ready": round(ready, 2),
        "seconds": round(seconds, 2),
        "exit": code,
        "partial": partial,
        "receipt": receipt,
        "problem": problem,
        "requirements": [_entry(result) for result in results],
        "counts": {verdict.value: counts[verdict.value] for verdict in Verdict},
        "not_judged": [requirement.id for requirement in not_judged],
    }


def _entry(result: Result) -> dict[str, Any]:
    return {
        "id": result.requirement.id,
        "level": result.requirement.level.value,
        "verdict": result.verdict.value,
        "tests": result.tests,
        "seconds": result.seconds,
        "reason": result.reason,
        "hop": result.hop,
        "waived": result.waived,
        "known": result.known,
    }
