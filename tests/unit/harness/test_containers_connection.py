"""The Docker engine: whether one answers, where its containers are found, and the way back to this machine."""

import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from testcontainers.core.config import testcontainers_config

from harness.containers import connection
from harness.containers.connection import Place, connect
from harness.errors import SetupError
from harness.processes.ports import EVERYWHERE
from tests.unit.harness.fake_docker import FakeDocker


@pytest.fixture
def deaf() -> Iterator[str]:
    """Listen, and never answer."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"


def test_native_engine_reaches_us_on_its_bridge(fake_docker: FakeDocker) -> None:
    """Services listen on the bridge's own address, the first of its range unless told, when it is this machine's."""
    docker = connect()

    assert docker.place == Place(listen="127.0.0.9", host="127.0.0.1", bind="127.0.0.1", name="host.docker.internal")
    assert docker.version == "20.10.24"
    fake_docker.bridge = {"IPAM": {"Config": [{"Subnet": "127.0.0.8/29", "Gateway": "127.0.0.13"}]}}
    assert connect().place.listen == "127.0.0.13"


@pytest.mark.parametrize(
    "bridge", [None, {"IPAM": {"Config": None}}, {"IPAM": {"Config": [{"Subnet": "192.0.2.64/29"}]}}]
)
def test_engine_in_a_machine_of_its_own_reaches_our_loopback(
    fake_docker: FakeDocker, bridge: dict[str, object] | None
) -> None:
    """Where the bridge is not this machine's, as with Docker Desktop, connections are handed on to loopback."""
    fake_docker.bridge = bridge

    assert connect().place == Place(listen="127.0.0.1")


def test_desktop_is_believed_over_a_bridge(fake_docker: FakeDocker) -> None:
    """Docker Desktop's bridge is not this machine's, though another engine's may have the same address here."""
    fake_docker.info["OperatingSystem"] = "Docker Desktop"

    assert connect().place == Place(listen="127.0.0.1")


def test_remote_engine_is_met_from_outside(fake_docker: FakeDocker, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine elsewhere publishes for everybody, and reaches us at our address on the way to it."""
    monkeypatch.setattr(connection, "_is_ours", lambda host: host != "localhost")

    place = connect().place

    assert fake_docker.address.startswith("tcp://localhost")
    assert place == Place(host="localhost", bind=EVERYWHERE, listen=EVERYWHERE, name="127.0.0.1")


@pytest.mark.parametrize(
    ("address", "seen"),
    [
        ("unix:///nonexistent.sock", "there is no such socket"),
        ("tcp://127.0.0.1:1", "the connection is refused"),
        ("tcp://nowhere.invalid:2375", "its name can't be resolved"),
        ("carrier-pigeon://loft", "Invalid bind address"),
    ],
)
def test_absent_engine_is_named_with_the_cause(monkeypatch: pytest.MonkeyPatch, address: str, seen: str) -> None:
    """Where no Docker engine answers, one message names the address, the cause and the way without Docker."""
    monkeypatch.setenv("DOCKER_HOST", address)

    with pytest.raises(SetupError) as caught:
        connect()

    assert f"{address}: {seen}" in caught.value.seen
    assert "ENGINE=embedded" in caught.value.next_step


def test_abandoned_socket_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A socket that a dead engine left behind is told from none, and no connection to it is left open."""
    with closing(socket.socket(socket.AF_UNIX)) as dead:
        dead.bind(str(tmp_path / "s"))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path / 's'}")

    with pytest.raises(SetupError, match="the connection is refused"):
        connect()


def test_silent_engine_costs_no_more_than_its_time(deaf: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that takes connections and says nothing is given up in time."""
    monkeypatch.setenv("DOCKER_HOST", deaf)
    began = time.monotonic()

    with pytest.raises(SetupError, match="it does not answer in time"):
        connect(within=0.3)

    assert time.monotonic() - began < 2


def test_ryuk_is_never_used() -> None:
    """Testcontainers' own reaper, an image from a registry that wants to be privileged, is off."""
    assert testcontainers_config.ryuk_disabled
