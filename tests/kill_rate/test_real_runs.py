"""The whole of it, with a real stack: a kill, a survivor, a false alarm, one that does not start, and Ctrl-C."""

import json
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from harness.verdicts import BAD_USAGE, COULD_NOT_VERIFY, FAILED, PASSED
from tests.suite_run import Suite

Judge = Callable[..., Suite]
ALL_WITHIN = 180.0
"""Seconds for four dispatchers; they take twenty on an ordinary machine."""


@pytest.fixture
def judge() -> Iterator[Judge]:
    """Start the kill rate of a catalogue of four."""
    with ExitStack() as running:

        def start(**settings: str) -> Suite:
            folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="suite-")))
            folder.chmod(0o755)
            of_four = {"CATALOGUE": "tests.kill_rate.four"} | settings
            return running.enter_context(closing(Suite(folder, program=["kill_rate"], **of_four)))

        yield start


def test_each_kind_of_finding(judge: Judge) -> None:
    """A fault is killed, what breaks nothing survives, one never starts, and a wrong accusation is a false alarm."""
    run = judge(WORKERS="2")

    assert run.code(ALL_WITHIN) == FAILED, run.output
    told = json.loads((run.artifacts / "kill-rate.json").read_text())
    assert {each["name"]: each["killed"] for each in told["faults"]} == {
        "caught": True,
        "breaks_nothing": False,
        "never_starts": False,
    }
    assert (told["kill_rate"], told["right_hop_rate"], told["false_alarms"]) == (1 / 3, 1.0, ["called_correct"])
    for line in (
        "✔ caught: killed by PLAT-02 at stack in ",
        "✘ breaks_nothing: survived: PLAT-02 passed; see ",
        "✘ never_starts: could not be judged: it does not start: it exited with code 2.",
        "✘ called_correct: false alarm: PLAT-02 failed (",
    ):
        assert line in run.output
    run.leaves_nothing()


def test_killed_fault_is_a_success(judge: Judge) -> None:
    """A run in which every fault is killed ends with 0; the report and the logs of its parts are kept."""
    run = judge(FAULT="caug*", WORKERS="1")

    assert run.code() == PASSED, run.output
    folder = run.artifacts / "kill-rate" / "caught"
    assert json.loads((folder / "report.json").read_text())["exit"] == FAILED
    assert {"dispatcher.log", "engine.log", "kernel.log"} <= {log.name for log in (folder / "logs").iterdir()}


@pytest.mark.parametrize(
    ("settings", "code", "seen"),
    [
        ({"FAULT": "caugt"}, BAD_USAGE, "did you mean 'caught'?"),
        ({"ENGINE": "binary", "INNGEST_BIN": "/no/such/inngest"}, COULD_NOT_VERIFY, "/no/such/inngest"),
    ],
)
def test_nothing_is_judged_without_a_fault_or_a_stack(
    judge: Judge, settings: dict[str, str], code: int, seen: str
) -> None:
    """A fault that nobody has is bad usage, and without a stack nothing could be verified."""
    run = judge(**settings)

    assert run.code() == code, run.output
    assert seen in run.output


def test_interruption_leaves_nothing(judge: Judge) -> None:
    """Ctrl-C in the middle of the runs ends them all, and removes what they and the stacks have made."""
    run = judge(FAULT="caught,breaks_nothing", WORKERS="1")
    run.prints("✘ breaks_nothing")

    run.signal(signal.SIGINT)

    assert run.code() == pytest.ExitCode.INTERRUPTED, run.output
    run.leaves_nothing()
