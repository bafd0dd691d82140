"""Runs the suite as a user would; whatever becomes of a test, the run is over after it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.suite_run import RunSuite, Suite


@pytest.fixture
def run_suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunSuite]:
    """Start the suite in a process of its own; it is over when the test is."""
    running: list[Suite] = []

    def run(*arguments: str, **settings: str) -> Suite:
        folder = tmp_path_factory.mktemp("suite")
        _let_others_through(folder)
        running.append(Suite(folder, *arguments, **settings))
        return running[-1]

    yield run
    for suite in running:
        suite.close()


def _let_others_through(folder: Path) -> None:
    """Open pytest's private folders, so that a Postgres that must not run as root gets to its files."""
    for each in (folder, folder.parent, folder.parent.parent):
        if each.stat().st_uid == os.getuid():
            each.chmod(0o755)
