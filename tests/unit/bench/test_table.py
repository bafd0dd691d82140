"""The benchmarks judge by their table."""

import json
from pathlib import Path

import pytest

from bench.engine import FILE, report
from bench.figures import MEASURES, Figures, rows
from bench.subject import Backlog
from bench.table import Row, Target

QUICK = Target(limit=25, of=("embedded",))
MANY = Target(limit=5, of=("embedded",), at_least=True)
GROWING = {100: 0.1, 1_000: 1.0, 5_000: 5.0, 20_000: 30.0}


@pytest.mark.parametrize(
    ("value", "target", "met"), [(25, QUICK, True), (25.1, QUICK, False), (5, MANY, True), (4.9, MANY, False)]
)
def test_target_is_met_up_to_its_limit(value: float, target: Target, met: bool) -> None:
    """A figure meets its target up to the limit, and no further."""
    assert Row(name="how fast", form="{:.1f}", values={"embedded": value}, target=target).is_met is met


def test_figure_that_is_missing_misses_its_target() -> None:
    """What could not be measured never reads as met, whoever else was measured."""
    row = Row(name="how fast", form="{:.1f}", values={"inngest": 1}, target=QUICK)

    assert row.verdict() == "<= 25.0, MISSED"


def test_missed_target_fails_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One missed target among others is shown beside its figure, written down, and makes the exit code 1."""
    found = [
        Row(name="how fast", form="{:.1f} ms", values={"embedded": 7, "inngest": 400}, target=QUICK),
        Row(name="how many", form="{:.0f}", values={"embedded": 4}, target=MANY),
    ]

    assert report(found, ["embedded", "inngest"], tmp_path) == 1
    shown = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert shown[1] == ["how", "fast", "7.0", "ms", "400.0", "ms", "<=", "25.0", "ms,", "met"]
    assert shown[2] == ["how", "many", "4", "-", ">=", "5,", "MISSED"]
    assert [row["met"] for row in json.loads((tmp_path / FILE).read_text())] == [True, False]


def test_cost_that_grows_with_the_backlog_misses_its_target() -> None:
    """A run that costs half as much again when many others wait is seen, however cheap it is."""
    backlogs = [Backlog(runs=runs, seconds=1, engine=cpu, app=0) for runs, cpu in GROWING.items()]
    figures = Figures(start_up=0.5, calls=[0.01, 0.02], backlogs=backlogs, megabytes={26_100: 100.0})

    missed = [row.name for row in rows({"embedded": figures}) if "times the cheapest" in row.name and not row.is_met]

    assert missed == ["the dearest of these, times the cheapest"]


def test_rate_is_judged_beside_the_real_server_only() -> None:
    """How much faster than the real server the engine is, is asked where there is one, and is the ratio of the two."""
    slow, fast = (
        Figures(start_up=0.5, calls=[0.01, 0.02], backlogs=[backlog], megabytes={5_000: 100.0})
        for backlog in (
            Backlog(runs=5_000, seconds=100, engine=9, app=9),
            Backlog(runs=5_000, seconds=10, engine=9, app=9),
        )
    )

    assert len(list(rows({"embedded": fast}))) == len(MEASURES) + 1
    assert list(rows({"embedded": fast, "inngest": slow}))[-1].values == {"embedded": 10.0}
