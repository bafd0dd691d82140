"""A trial: one dispatcher of the catalogue judged by a run of the suite in a process of its own."""

import shutil
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from harness.errors import SetupError
from harness.services import inherited
from harness.session import read_json
from harness.waiters import OutOfTimeError, until
from kill_rate.catalogue import Specimen
from kill_rate.finding import Finding, Verdicts
from kill_rate.forking import PytestRun
from kill_rate.warm import WarmStack

TO_JUDGE = 300.0
"""Seconds for one dispatcher; a fault usually takes some five, and a whole suite less than sixty."""

LOOK_EVERY = 0.05
"""Seconds between two looks whether a run is over."""

TO_TIDY_UP = 20.0
"""Seconds that an interrupted run gets for stopping what it has started."""

LESS_PATIENCE = "0.5"
"""Scale of the deadlines for a fault, whose events mostly never come; on a stack that is up, others take a tenth."""

UNUSED = ("cacheprovider", "hypothesispytest", "anyio")
FORKED = "-Wignore:Module already imported so cannot be rewritten:pytest.PytestAssertRewriteWarning"
SUITE = ("-m", "e2e", "-q", FORKED, *(f"-pno:{plugin}" for plugin in UNUSED))
"""The suite without the plugins that it does not need, some of which take long to load."""

EMBEDDED = "embedded"
"""The part that is an Inngest, and the way to have it."""

OUTPUT, LAST_LINES = "output.txt", 4


class Judge:
    """Judges one dispatcher after the other, in a stack of its own.

    Args:
        stack: Stays up; only the dispatcher changes.
        catalogue: The module that starts the dispatchers.
        artifacts: Folder, by its whole path, in which each gets a folder.
        stopping: Set when the user wants no more.
    """

    def __init__(self, stack: WarmStack, *, catalogue: str, artifacts: Path, stopping: threading.Event) -> None:
        self._stack = stack
        self._catalogue = catalogue
        self._artifacts = artifacts
        self._stopping = stopping

    def judge(self, specimen: Specimen) -> Finding:
        """Return what the suite says of a dispatcher."""
        started, folder = time.monotonic(), self._artifacts / specimen.name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        verdicts = self._warm(specimen, folder) if fits(specimen) else self._run(specimen, folder)
        seconds = time.monotonic() - started
        return Finding(specimen=specimen, verdicts=verdicts, seconds=seconds, folder=str(folder))

    def _warm(self, specimen: Specimen, folder: Path) -> Verdicts:
        try:
            self._stack.put(specimen.name)
            verdicts = self._run(specimen, folder, ATTACH=str(self._stack.folder))
        except SetupError as error:
            verdicts = Verdicts(found={}, problem=f"it does not start: {error.seen}")
        self._stack.copy_logs(folder)
        return verdicts

    def _run(self, specimen: Specimen, folder: Path, **settings: str) -> Verdicts:
        started_as = {specimen.part.upper(): f"{self._catalogue} {specimen.name}"}
        if specimen.part == EMBEDDED:
            started_as["ENGINE"] = EMBEDDED
        run = PytestRun.start(
            [*SUITE, *arguments(specimen)],
            environment={**inherited(), **asked(specimen), **started_as, **settings, "ARTIFACTS": str(folder)},
            output=folder / OUTPUT,
            reaper=self._stack.reaper,
        )
        with suppress(OutOfTimeError):
            until(lambda: run.code is not None or self._stopping.is_set(), within=TO_JUDGE, every=LOOK_EVERY)
        code = run.code
        run.stop(TO_TIDY_UP)
        report: Mapping[str, Any] | None = read_json(folder / "report.json")
        if code is None:
            return Verdicts(found={}, problem="its run did not end")
        if report is None:
            return Verdicts(found={}, problem=f"its run ended with code {code}: {run.last_words(LAST_LINES)}")
        return Verdicts.of(report)


def fits(specimen: Specimen) -> bool:
    """Tell whether a warm stack is what a dispatcher needs: it has a kernel of its own, and one target."""
    return specimen.is_fault and specimen.part == "dispatcher" and not specimen.target


def arguments(specimen: Specimen) -> list[str]:
    """Return pytest's arguments: the requirements of a fault, or all of them."""
    if not specimen.is_fault:
        return ["-pno:xdist", "--ignore=tests/stage_11_load"]
    chosen = {
        "--only": (*specimen.must_break, *specimen.stays_green),
        "--must-break": specimen.must_break,
        "--stays-green": specimen.stays_green,
    }
    return ["-pno:xdist", "-pkill_rate.plugin", *(f"{flag}={','.join(ids)}" for flag, ids in chosen.items())]


def asked(specimen: Specimen) -> dict[str, str]:
    """Return the settings by which a dispatcher is judged, whatever the user's own are."""
    neutral = dict.fromkeys(("STAGE", "ONLY", "BASELINE", "ATTACH"), "") | {"STRICT": "0"}
    ports = dict.fromkeys(("ENGINE_PORT", "DISPATCHER_PORT", "KERNEL_PORT"), "0")
    target = {"TARGET": specimen.target or "reference", "KEEP_GOING": "1" if specimen.is_fault else "0"}
    return neutral | ports | target | ({"WAIT_SCALE": LESS_PATIENCE} if specimen.is_fault else {})
