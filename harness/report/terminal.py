"""The lines that a person sees while the suite runs, and the table at its end."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from harness.baseline import KnownDefect
from harness.contract import GRAVEST, Level, Requirement, Verdict
from harness.diagnosis import symptom_of
from harness.settings import STAGES
from harness.verdicts import COULD_NOT_VERIFY, FAILED, HARNESS_ERROR, PASSED, Result

SIGNS = {
    Verdict.PASSED: "✔",
    Verdict.FAILED: "✘",
    Verdict.NOT_APPLICABLE: "-",
    Verdict.UNVERIFIED: "?",
    Verdict.HARNESS_ERROR: "!",
    Verdict.KNOWN_DEFECT: "~",
}
MEANINGS = {
    PASSED: "every MUST that was judged holds",
    FAILED: "a MUST is broken: do not deploy",
    HARNESS_ERROR: "the suite itself failed: no verdict",
    COULD_NOT_VERIFY: "a MUST could not be verified: no verdict",
}
BUT_FOR_KNOWN = "every MUST that was judged holds, but for known defects"
OUTDATED = "the baseline lists what holds: correct it, and judge again"


KNOWN_ROOM = 60
"""Letters that a line has for a known defect."""


def header(engine: Mapping[str, Any], database: str, notes: Iterable[str]) -> Iterator[str]:
    """Return the first lines of a run: what judges, and what must be known of it."""
    image = f" ({engine['image']})" if engine["image"] else ""
    yield f"engine: {engine['kind']}{image}, Inngest {engine['version']}, mode {engine['mode']}"
    lacks = [name for name, there in engine["capabilities"].items() if not there]
    if lacks:
        yield f"this version has no: {', '.join(lacks)}"
    yield f"database: {database}"
    yield from map(note, notes)


def baseline(file: str, defects: Collection[KnownDefect]) -> Iterator[str]:
    """Return the line of the header about the baseline, if there is one."""
    if file:
        yield f"baseline: {file}, known defects: {', '.join(each.requirement for each in defects) or 'none'}"


def symptom(error: str) -> Iterator[str]:
    """Return the line that says where an error is explained, if there is such a place."""
    if found := symptom_of(error):
        yield found.line


def note(text: str) -> str:
    """Return the line of something that header and summary must both say."""
    return f"NOTE: {text}"


def decided(result: Result, width: int) -> str:
    """Return the line of a requirement that has just been decided."""
    head = f"  {SIGNS[result.verdict]} {result.requirement.id:<7} {result.requirement.level} "
    tail = f" {result.seconds:6.2f} s"
    why = f" {_cut(result.known, KNOWN_ROOM)}" if result.known else f" ✘ {result.hop}" if result.hop else ""
    room = max(20, width - len(head) - len(tail) - len(why))
    return f"{head}{_cut(result.requirement.text, room):<{room}}{tail}{why}"


def stage_title(stage: int, *, after: int = 0) -> str:
    """Return the line above the requirements of a stage; those decided after a later one are its closing ones."""
    return f"stage {stage} {STAGES[stage]}{', at the end of the run' if stage < after else ''}"


def table(results: Sequence[Result]) -> Iterator[str]:
    """Return the requirements by verdict, the gravest last; those that are not green with their reason."""
    selected = [result for result in results if result.selected]
    for verdict in reversed(GRAVEST):
        of_verdict = [result for result in selected if result.verdict is verdict]
        if of_verdict:
            yield f"{SIGNS[verdict]} {verdict.value}: {_count(result.requirement for result in of_verdict)}"
        if verdict is not Verdict.PASSED:
            yield from _reasons(of_verdict)


def conclusion(
    code: int,
    *,
    results: Sequence[Result],
    not_judged: Sequence[Requirement],
    partial: bool,
    outdated: Sequence[KnownDefect] = (),
) -> Iterator[str]:
    """Return the last lines: what this run does not say, and its verdict."""
    if not_judged:
        yield f"· not judged by this version: {_count(not_judged)} ({families(not_judged)})"
    if left_out := [result.requirement for result in results if not result.selected]:
        yield f"· not selected: {_count(left_out)} ({families(left_out)})"
    if waived := [result.requirement for result in results if result.waived]:
        yield f"· waived by the target, and not verified: {_count(waived)} ({families(waived)})"
    for each in outdated:
        yield f"✘ {each.where}: {each.requirement} holds now; remove it from the baseline"
    if partial:
        yield "PARTIAL RUN: this is no verdict on a deploy"
    yield f"VERDICT: {_meaning(code, results, outdated)} (exit {code})"


def _meaning(code: int, results: Sequence[Result], outdated: Sequence[KnownDefect]) -> str:
    if code == PASSED and any(result.known for result in results):
        return BUT_FOR_KNOWN
    broken = [result for result in results if result.verdict is Verdict.FAILED]
    if code == FAILED and outdated and all(result.requirement.level is Level.SHOULD for result in broken):
        return OUTDATED
    return MEANINGS.get(code, "interrupted: no verdict")


def _count(requirements: Iterable[Requirement]) -> str:
    levels = [requirement.level for requirement in requirements]
    return f"{levels.count(Level.MUST)} MUST, {levels.count(Level.SHOULD)} SHOULD"


def _reasons(results: Sequence[Result]) -> Iterator[str]:
    """Return a line for each reason; what one reason stopped together stands together."""
    by_reason: dict[str, list[Requirement]] = {}
    for result in results:
        by_reason.setdefault(_why(result), []).append(result.requirement)
    for reason, requirements in by_reason.items():
        if len(requirements) > 1:
            yield f"    {families(requirements)}: {reason}"
        else:
            yield f"    {requirements[0].id:<7} {requirements[0].level} {reason}"


def _why(result: Result) -> str:
    hop = f"[{result.hop}] " if result.hop else ""
    waived = f"waived ({_cut(result.waived, 50)}): " if result.waived else ""
    known = f"{result.known}; seen: " if result.known else ""
    return f"{hop}{waived}{known}{_cut(result.reason, 110)}"


def families(requirements: Sequence[Requirement]) -> str:
    """Return ids in short, none that is not among them: `REG-01..04, REG-06`."""
    rows: list[list[str]] = []
    for requirement in requirements:
        if rows and _follows(requirement.id, rows[-1][-1]):
            rows[-1].append(requirement.id)
        else:
            rows.append([requirement.id])
    return ", ".join(_range(row) for row in rows)


def _follows(identifier: str, other: str) -> bool:
    (family, _, number), (other_family, _, other_number) = identifier.partition("-"), other.partition("-")
    return family == other_family and int(number) == int(other_number) + 1


def _range(ids: Sequence[str]) -> str:
    return ids[0] if len(ids) == 1 else f"{ids[0]}..{ids[-1].partition('-')[2]}"


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 1]}…"
