"""Runs the suite as a user would, and says at the end which transcripts no test replays."""

import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.suite_run import RunSuite, Suite
from tests.unit.embedded_inngest import recordings

SHARED = ("performances", "signed", "platforms", "signed_platform", "somebodys")
"""Fixtures that take seconds: all tests that need the same run in one worker, so that it is made once."""

ALONE = ("run_suite", "judge")
"""Fixtures that start a run of their own: such tests take seconds each, and go to whichever worker is free."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tell xdist, if it is there, which tests go together: those of one dear fixture, else those of one module."""
    for item in items if config.pluginmanager.hasplugin("xdist") else ():
        if group := group_of(item):
            item.add_marker(pytest.mark.xdist_group(group))


def group_of(item: pytest.Item) -> str | None:
    """Return the group of a test; None for one that runs alone."""
    fixtures = item.fixturenames if isinstance(item, pytest.Function) else []
    shared = next((name for name in SHARED if name in fixtures), None)
    alone = any(name in fixtures for name in ALONE)
    return shared or (None if alone else str(item.path))


def pytest_configure() -> None:
    """Hear Ctrl-C: what a shell runs in the background is born deaf to it, and so would be all that tests start."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def run_suite() -> Iterator[RunSuite]:
    """Start the suite in a process of its own; it is over when the test is.

    Its folder is no `tmp_path`: those are closed to the user that Postgres runs as when we are root.
    """
    with ExitStack() as running:

        def run(*arguments: str, **settings: str) -> Suite:
            folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="suite-")))
            folder.chmod(0o755)
            return running.enter_context(closing(Suite(folder, *arguments, **settings)))

        yield run


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say which transcripts the replay does not judge, so that nobody takes them for green."""
    if config.option.markexpr == "e2e":
        return
    for release in recordings.RELEASES:
        listed = recordings.not_covered(release)
        terminalreporter.section(
            f"{len(listed)} of {len(recordings.recorded(release))} transcripts of {release} not replayed"
        )
        for name, reason in listed.items():
            terminalreporter.line(f"{name}: {reason}")
