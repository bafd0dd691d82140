"""Pytest's side of a fault's run: what must break comes first, and nothing runs once the verdict is known."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from fixtures.stages import JUDGED, Blocked, judged_of
from harness.contract import Verdict
from kill_rate.course import Course

FIRST, SECOND = 1, 2
"""In place of their stages, tests get these numbers: they are their order, and no stage needs another here."""


def pytest_configure(config: pytest.Config) -> None:
    """Follow the run."""
    config.pluginmanager.register(Shortcut(config.option.must_break, config.option.stays_green), "shortcut")


class Shortcut:
    """Leaves out the tests that are no longer needed.

    Args:
        must_break: Ids of the requirements that must fail.
        stays_green: Ids of those that must hold.
    """

    def __init__(self, must_break: Sequence[str], stays_green: Sequence[str]) -> None:
        self._must_break = must_break
        self._stays_green = stays_green
        self._course = Course(must_break=must_break, stays_green=stays_green, tests={})

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put first what must break; a test that closes its stage still waits for all that makes its evidence."""
        for item in items:
            judged = item.stash[JUDGED]
            first = not judged.closing and set(self._must_break) & set(judged.requirements)
            item.stash[JUDGED] = replace(judged, stage=FIRST if first else SECOND)
        items.sort(key=lambda item: item.stash[JUDGED].rank)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Learn which tests there are."""
        tests = {test.nodeid: test.requirements for test in judged_of(session)}
        self._course = Course(must_break=self._must_break, stays_green=self._stays_green, tests=tests)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Leave out a test that can't change the verdict any more."""
        if not self._course.needs(item.nodeid):
            raise Blocked("a test that can change the verdict.", "the verdict is known.", "nothing.")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Hear what became of a test."""
        verdict = getattr(report, "judged", {}).get("verdict")
        failed = verdict == Verdict.FAILED.value
        self._course.hears(report.nodeid, failed=failed, over=report.when == "teardown")
