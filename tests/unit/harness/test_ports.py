"""Ports: a free one, or who sits on the one that was asked for."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from harness.errors import SetupError
from harness.processes.ports import BELOW_EPHEMERAL, free_port, require_free_port


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Listen on a port of all addresses."""
    with socket.create_server(("0.0.0.0", 0)) as listener:  # noqa: S104 - a conflict with it shows on loopback too
        yield listener


def test_free_port_can_be_listened_on() -> None:
    """A free port can be listened on, and is none that outgoing connections get."""
    port = free_port()

    with socket.create_server(("127.0.0.1", port)):
        assert port in BELOW_EPHEMERAL


def test_free_port_is_given_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A free port is not given again before its server listens: two runs of the suite at once don't meet on one."""
    with ExitStack() as listening:
        listeners = [listening.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(6)]
        ports = sorted(listener.getsockname()[1] for listener in listeners)
    monkeypatch.setattr("harness.processes.ports.BELOW_EPHEMERAL", ports)

    assert sorted(free_port() for _ in ports) == ports


def test_taken_port_names_its_holder(listener: socket.socket) -> None:
    """A taken port is an error that names the part, the holder and the setting that avoids it."""
    port = listener.getsockname()[1]

    with pytest.raises(SetupError) as caught:
        require_free_port(port, "127.0.0.1", "engine", "ENGINE_PORT")

    assert caught.value.expected == f"port {port} of 127.0.0.1 to be free for the engine."
    assert caught.value.seen.startswith(f"it is taken by PID {os.getpid()} (")
    assert caught.value.next_step == "stop what listens there, or set ENGINE_PORT=0 for a free one."


def test_free_port_passes() -> None:
    """A port that nobody listens on may be configured."""
    require_free_port(free_port(), "127.0.0.1", "engine", "ENGINE_PORT")


def test_foreign_address_is_a_setup_error() -> None:
    """An address of another machine is said to be one, instead of looking for a port for ever."""
    with pytest.raises(SetupError, match=r"'192\.0\.2\.254' to be an address of this machine"):
        free_port("192.0.2.254")
