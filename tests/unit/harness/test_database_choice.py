"""The choice of a database: beside the engine in Docker, else from binaries of this machine."""

import json
from pathlib import Path

import pytest

from harness.databases.choice import DatabaseChoice, as_json, choose, from_json
from harness.databases.docker import DockerPostgres
from harness.databases.local import LocalPostgres
from harness.errors import SetupError
from harness.processes.reaper import Reaper
from tests.unit.harness.fake_docker import FakeDocker

IMAGE = "postgres:16-alpine"


@pytest.fixture
def docker(fake_docker: FakeDocker) -> FakeDocker:
    """Answer as Docker, with an image of Postgres."""
    fake_docker.images = {IMAGE}
    return fake_docker


def chosen(way: str, *, beside: str) -> DatabaseChoice:
    """Choose, with nobody listening."""
    return choose(way, beside=beside, image=IMAGE, postgres_bin="/bins", session="run-1", say=lambda _: None)


@pytest.mark.parametrize(
    ("way", "beside", "kind"),
    [
        ("auto", "docker", "docker"),
        ("auto", "binary", "local"),
        ("auto", "embedded", "local"),
        ("docker", "embedded", "docker"),
        ("local", "docker", "local"),
    ],
)
def test_database_is_where_the_engine_is(docker: FakeDocker, way: str, beside: str, kind: str) -> None:
    """Unless it is asked for by name, the database is in Docker exactly if the engine is."""
    assert chosen(way, beside=beside).kind == kind
    assert docker.pulled == []


def test_image_that_is_not_to_be_had_leads_on(docker: FakeDocker) -> None:
    """Without the image a local server is taken and noted, unless Docker was asked for by name."""
    docker.images, docker.registry = set(), {IMAGE: (500, "dial tcp: no such host")}

    choice = chosen("auto", beside="docker")

    assert (choice.kind, choice.bin_dir) == ("local", "/bins")
    assert choice.notes == ("DATABASE=docker can't be had: dial tcp: no such host",)
    with pytest.raises(SetupError, match="DATABASE=local"):
        chosen("docker", beside="docker")


def test_choice_is_the_same_in_another_process(docker: FakeDocker, reaper: Reaper, tmp_path: Path) -> None:
    """A choice that is passed on as JSON is the same choice, and describes the same kind of server."""
    log = tmp_path / "postgres.log"
    for way, kind in (("docker", DockerPostgres), ("local", LocalPostgres)):
        choice = from_json(json.loads(json.dumps(as_json(chosen(way, beside="docker")))))

        assert choice == chosen(way, beside="docker")
        assert isinstance(choice.server(tmp_path / way, reaper=reaper, log_path=log), kind)
    assert docker.address


def test_password_of_a_server_in_docker_is_its_own(docker: FakeDocker, reaper: Reaper, tmp_path: Path) -> None:
    """Each server in Docker gets a fresh password and port, which its DSN names and nothing prints."""
    choice = chosen("docker", beside="docker")
    one, two = (choice.server(tmp_path, reaper=reaper, log_path=tmp_path / "postgres.log") for _ in range(2))

    assert docker.address
    assert one.dsn().startswith("postgresql://postgres:")
    assert one.dsn().rpartition("@")[0] != two.dsn().rpartition("@")[0]
    assert one.kind == f"docker ({IMAGE})"
