"""Cleaning up in Docker: all of a run goes, and what may remain is named."""

import pytest

from harness.containers import cleanup
from tests.unit.harness.fake_docker import FakeDocker


@pytest.fixture
def crowded(fake_docker: FakeDocker) -> FakeDocker:
    """Answer as a Docker that has two containers of a run."""
    fake_docker.left = {"aaa": "beema-verify-1-engine", "bbb": "beema-verify-1-database"}
    return fake_docker


def test_all_of_a_run_is_removed(crowded: FakeDocker) -> None:
    """Every container with the run's label is removed, and no other is asked for."""
    assert cleanup.remove("run-1") == []
    assert crowded.left == {}
    assert crowded.asked_for == [["dev.beema.verify.session=run-1"]]


def test_worker_removes_its_own(crowded: FakeDocker) -> None:
    """What a reaper removes for its owner is that owner's alone: the run goes on."""
    cleanup.main("run-1", "4711")

    assert crowded.asked_for[0] == ["dev.beema.verify.session=run-1", "dev.beema.verify.owner=4711"]
    assert len(crowded.asked_for) == cleanup.IN_FLIGHT


def test_what_remains_is_named(crowded: FakeDocker, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container that Docker can't remove is named with the reason, and keeps no other."""
    monkeypatch.setattr(cleanup, "TO_REMOVE", 0.1)
    crowded.stuck = {"aaa"}

    [line] = cleanup.remove("run-1")

    assert line == "container beema-verify-1-engine may remain: driver overlay2 failed to remove root filesystem"
    assert list(crowded.left) == ["aaa"]


def test_dead_docker_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Where Docker is gone, one line says so and how to look later; nothing is raised."""
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")

    cleanup.main("run-1")

    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "the connection is refused" in said
    assert "docker ps -a --filter label=dev.beema.verify.session=run-1" in said
