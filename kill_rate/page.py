"""docs/kill-rate.md: which fault is killed by which requirement; the same findings give the same page."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from harness.services import ROOT
from kill_rate.catalogue import Specimen
from kill_rate.finding import Finding
from kill_rate.tally import Tally

PAGE: Path = ROOT / "docs" / "kill-rate.md"

HEAD = """\
# The kill rate

Written by `make kill-rate`; do not edit. Each fault is a dispatcher (or what is beside it) that is broken in one
way. It is killed when every requirement that it must break has *failed*, and those that stay green beside have held.
How to add one: [faults/README.md](../faults/README.md).
"""


def page(tally: Tally) -> str:
    """Return the page."""
    killed = sum(each.killed for each in tally.faults)
    right = sum(each.killed and each.right_hop for each in tally.faults)
    return "\n".join(
        [
            HEAD,
            f"- killed: {killed} of {len(tally.faults)} faults",
            f"- at the right hop: {right} of {killed}",
            f"- false alarms: {len(tally.false_alarms)} in {len(tally.variants)} correct dispatchers",
            *(f"- unproven {noun}: {_ids(tally.unproven[level])}" for level, noun in (("M", "MUST"), ("S", "SHOULD"))),
            "",
            *_faults(tally.faults),
            "",
            *_requirements(tally),
            "",
            *_variants(tally.variants),
            "",
        ]
    )


def row(specimen: Specimen) -> str:
    """Return what the table of faults says of one, but for its verdict."""
    ids = f"{_ids(specimen.must_break)} | {specimen.hop} | {_ids(specimen.stays_green)}"
    return f"| {specimen.name} | {ids} | {specimen.text} |"


def variant_row(specimen: Specimen) -> str:
    """Return what the table of correct dispatchers says of one, but for its verdict."""
    return f"| {specimen.name} | {_ids(specimen.unmet)} | {specimen.text} |"


def _faults(faults: Iterable[Finding]) -> Iterator[str]:
    yield "## Faults"
    yield ""
    yield "| fault | must break | hop | stays green | what it does | verdict |"
    yield "|---|---|---|---|---|---|"
    for each in faults:
        hops = "" if each.right_hop else f" at {_ids(sorted(set(each.verdicts.broken.values())))}"
        yield f"{row(each.specimen)} {f'killed{hops}' if each.killed else '**survived**'} |"


def _requirements(tally: Tally) -> Iterator[str]:
    yield "## Requirements"
    yield ""
    yield "| requirement | level | faults that it kills |"
    yield "|---|---|---|"
    for requirement, killed in tally.killers.items():
        yield f"| {requirement} | {tally.requirements[requirement].value} | {', '.join(killed) or '**unproven**'} |"


def _variants(variants: Iterable[Finding]) -> Iterator[str]:
    yield "## Correct, but different"
    yield ""
    yield "The whole suite but for the load judges each."
    yield ""
    yield "| dispatcher | SHOULDs that it does without | what it does | verdict |"
    yield "|---|---|---|---|"
    for each in variants:
        yield f"{variant_row(each.specimen)} {'not accused' if each.as_expected else '**false alarm**'} |"


def _ids(ids: Sequence[str]) -> str:
    return ", ".join(ids) or "-"
