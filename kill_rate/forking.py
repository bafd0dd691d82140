"""Runs of pytest that are forked from a process which has imported what they need: most of what a short run costs."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Self

import pytest

from harness.processes.reaper import Reaper
from harness.processes.reaper_process import signal_group
from harness.processes.watching import tail
from harness.services import ROOT

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["kill_rate.preloaded"])


class PytestRun:
    """One run of pytest, the leader of a process group of its own.

    Args:
        process: The process.
        output: The file of what it prints.
        reaper: Ends it should this process die.
    """

    def __init__(self, process: ForkServerProcess, output: Path, reaper: Reaper) -> None:
        self._process = process
        self._output = output
        self._reaper = reaper

    @classmethod
    def start(cls, arguments: Sequence[str], *, environment: Mapping[str, str], output: Path, reaper: Reaper) -> Self:
        """Start pytest.

        Args:
            arguments: Its command line.
            environment: Its whole environment.
            output: File for what it prints.
            reaper: Ends it should this process die.
        """
        process = CONTEXT.Process(target=_be_pytest, args=([*arguments], {**environment}, str(output)))
        process.start()
        reaper.process(process.pid or 0, signal.SIGINT)
        return cls(process, output, reaper)

    @property
    def code(self) -> int | None:
        """The exit code; None while it runs."""
        return self._process.exitcode

    def last_words(self, lines: int) -> str:
        """Return the end of what it printed."""
        return tail(self._output, lines)

    def stop(self, within: float) -> None:
        """Have it end as after Ctrl-C, if it still runs, and kill what does not."""
        if self.code is None:
            os.kill(self._process.pid or 0, signal.SIGINT)
        self._process.join(within)
        signal_group(self._process.pid or 0, signal.SIGKILL)
        self._process.join()
        self._reaper.forget_process(self._process.pid or 0)


def _be_pytest(arguments: list[str], environment: Mapping[str, str], output: str) -> None:
    os.setsid()
    os.chdir(ROOT)
    os.environ.clear()  # noqa: TID251 - not read: it is that of another program
    os.environ.update(environment)  # noqa: TID251 - as above
    with Path(output).open("ab") as file:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(file.fileno(), stream.fileno())
    sys.exit(int(pytest.main(arguments)))
