"""The benchmarks measure a real engine with real apps."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.contestants import Contestant, Hall, Plan
from bench.engine import measure
from harness.processes.reaper import Reaper

COMMAND = (sys.executable, "-m", "embedded_inngest", "dev")


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    """Where the engine and the apps run."""
    with Reaper() as reaper:
        yield Hall(tmp_path, reaper)


def test_everything_that_is_planned_is_measured(hall: Hall) -> None:
    """Calls, backlogs, the memory at each stage and the app with the SDK are measured, as often as the plan says."""
    plan = Plan(starts=1, calls=3, backlogs={5: 2}, finished=120, sdk_runs=2)

    figures = measure(hall, Contestant(name="embedded", command=COMMAND, plan=plan))

    assert 0 < min(figures.calls) < figures.start_up
    assert [backlog.runs for backlog in figures.backlogs] == [5, 5]
    assert list(figures.megabytes) == [108, 113, 120]
    assert figures.with_sdk is not None
    assert figures.with_sdk.runs == 2
