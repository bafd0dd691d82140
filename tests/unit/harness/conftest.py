"""Fixtures of the harness's own tests."""

from collections.abc import Iterator

import pytest

from harness.processes.reaper import Reaper


@pytest.fixture
def reaper() -> Iterator[Reaper]:
    """Clean up after a test, also if the test run is killed."""
    with Reaper() as reaper:
        yield reaper
