"""Runs the suite as a user would, and says at the end which transcripts no test replays."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.suite_run import RunSuite, Suite
from tests.unit.embedded_inngest import recordings


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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say which transcripts the replay does not judge, so that nobody takes them for green."""
    if config.option.markexpr == "e2e":
        return
    listed = recordings.not_covered()
    terminalreporter.section(f"{len(listed)} of {len(recordings.recorded())} transcripts not replayed")
    for name, reason in listed.items():
        terminalreporter.line(f"{name}: {reason}")
