"""A forked run of pytest is a run like any other: its output, its code, its end."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from harness.processes.reaper import Reaper
from harness.services import inherited
from harness.waiters import until
from kill_rate.forking import PytestRun
from kill_rate.trial import FORKED

WITHOUT = ("-pno:cacheprovider", "-pno:schemathesis", "-pno:hypothesispytest")
"""What the configuration leaves out of every run, and these have none."""

HANGS = """
import signal
def test_hangs():
    print("here")
    signal.pause()
"""


class Forking:
    """Starts pytest on a file."""

    def __init__(self, folder: Path, running: ExitStack) -> None:
        self._folder = folder
        self._running = running
        self.output = folder / "output.txt"

    def run(self, text: str) -> PytestRun:
        """Start it on a file of this text."""
        file = self._folder / "test_it.py"
        file.write_text(text)
        run = PytestRun.start(
            ["-q", "-s", *WITHOUT, FORKED, f"--rootdir={self._folder}", "-c/dev/null", str(file)],
            environment=inherited() | {"WORD": "heard"},
            output=self.output,
            reaper=self._running.enter_context(Reaper()),
        )
        self._running.callback(run.stop, 5)
        return run


@pytest.fixture
def forking(tmp_path: Path) -> Iterator[Forking]:
    """Start pytest; what still runs is stopped with the test."""
    with ExitStack() as running:
        yield Forking(tmp_path, running)


def test_run_has_its_own_environment_and_output(forking: Forking) -> None:
    """It sees the environment that it was given, writes into its file, and its exit code is pytest's."""
    run = forking.run("import os\ndef test_it():\n    print(os.environ)\n    assert False")

    until(lambda: run.code is not None, within=30)
    assert run.code == pytest.ExitCode.TESTS_FAILED
    assert "'WORD': 'heard'" in forking.output.read_text()


def test_run_that_is_stopped_tidies_up(forking: Forking) -> None:
    """It ends as after Ctrl-C, so that what it has started is stopped as well."""
    run = forking.run(HANGS)
    until(lambda: forking.output.exists() and "here" in forking.output.read_text(), within=30)

    run.stop(20)

    assert (run.code, "KeyboardInterrupt" in forking.output.read_text()) == (pytest.ExitCode.INTERRUPTED, True)
