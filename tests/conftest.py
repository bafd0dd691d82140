"""Runs the suite as a user would, and says at the end which transcripts no test replays."""

import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.suite_run import RunSuite, Suite
from tests.unit.embedded_inngest import recordings


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
