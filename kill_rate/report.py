"""What people read while it runs and at its end, and what programs read in artifacts/kill-rate.json."""

from collections.abc import Iterator
from typing import Any

from harness.errors import shortened
from kill_rate.finding import Finding
from kill_rate.tally import Tally

SHOWN = 3
"""How many requirements a line has room for; the report in the folder has them all."""


def line(finding: Finding) -> str:
    """Return the line on one dispatcher."""
    name, seconds = finding.specimen.name, f"{finding.seconds:.1f} s"
    if not finding.as_expected:
        return f"✘ {name}: {'; '.join(problems(finding))} ({seconds})"
    if not finding.specimen.is_fault:
        return f"✔ {name}: correct, and not accused, in {seconds}"
    wrong = "" if finding.right_hop else f", though its hop is {finding.specimen.hop}"
    return f"✔ {name}: killed by {_where(finding)} in {seconds}{wrong}"


def problems(finding: Finding) -> Iterator[str]:
    """Return what is not as it should be, and where to read on."""
    if finding.verdicts.problem:
        yield f"could not be judged: {' '.join(finding.verdicts.problem.split())}"
    elif finding.survived:
        yield f"survived: {shortened(finding.survived, limit=SHOWN)}"
    if finding.accused and not finding.verdicts.problem:
        accusation = "accused beside" if finding.specimen.is_fault else "false alarm"
        yield f"{accusation}: {shortened(finding.accused, limit=SHOWN)}"
    yield f"see {finding.folder}"


def summary(tally: Tally) -> Iterator[str]:
    """Return the lines at the end."""
    faults, variants = tally.faults, tally.variants
    killed = sum(each.killed for each in faults)
    right = sum(each.killed and each.right_hop for each in faults)
    yield f"killed: {killed} of {len(faults)} faults ({tally.kill_rate:.1%})"
    yield f"right hop: {right} of {killed} ({tally.right_hop_rate:.1%})"
    yield f"false alarms: {len(tally.false_alarms)} in {len(variants)} correct dispatchers"
    for finding in (each for each in (*faults, *variants) if not each.as_expected):
        yield line(finding)


def unproven(tally: Tally) -> Iterator[str]:
    """Return the requirements that no fault has proved."""
    for level, requirements in tally.unproven.items():
        noun = {"M": "MUST", "S": "SHOULD"}[level]
        yield f"unproven {noun}: {', '.join(requirements) or 'none'}"


def as_json(tally: Tally, *, seconds: float, complete: bool) -> dict[str, Any]:
    """Return artifacts/kill-rate.json; `complete` tells whether nothing of the catalogue was left out."""
    return {
        "complete": complete,
        "seconds": round(seconds, 1),
        "kill_rate": tally.kill_rate,
        "right_hop_rate": tally.right_hop_rate,
        "false_alarms": [each.specimen.name for each in tally.false_alarms],
        "unproven": tally.unproven,
        "faults": [each.as_json() for each in tally.faults],
        "variants": [each.as_json() for each in tally.variants],
    }


def _where(finding: Finding) -> str:
    hops = finding.verdicts.broken
    broken = finding.specimen.must_break
    return " and ".join(f"{', '.join(each for each in broken if hops[each] == hop)} at {hop}" for hop in _hops(finding))


def _hops(finding: Finding) -> list[str]:
    hops = finding.verdicts.broken
    return [*dict.fromkeys(hops[each] for each in finding.specimen.must_break)]
