"""Fixtures of the harness's own tests."""

from collections.abc import Iterator

import pytest
from pytest_httpserver import HTTPServer

from harness.processes.reaper import Reaper
from tests.unit.harness.fake_docker import FakeDocker


@pytest.fixture
def reaper() -> Iterator[Reaper]:
    """Clean up after a test, also if the test run is killed."""
    with Reaper() as reaper:
        yield reaper


@pytest.fixture
def fake_docker(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> FakeDocker:
    """Answer as Docker where DOCKER_HOST says."""
    fake = FakeDocker(httpserver)
    monkeypatch.setenv("DOCKER_HOST", fake.address)
    return fake
