"""The ports of a Compose file: on loopback or not, in every way to write one."""

from pathlib import Path

import pytest

from harness.errors import SetupError
from harness.targets.compose import published_ports

PORTS = {
    '"127.0.0.1:8288:8288"': True,
    '"127.0.0.1:${PORT:-8288}:8288/tcp"': True,
    '"127.0.0.1::8288"': True,
    '"[::1]:8288:8288"': True,
    "{target: 8288, published: 8288, host_ip: 127.0.0.1}": True,
    '"${HOST:-127.0.0.1}:8288:8288"': True,
    "{target: 8288, published: 8288, host_ip: '${HOST-127.0.0.1}'}": True,
    '"8288:8288"': False,
    '"${PORT:-8288}:8288"': False,
    "8288": False,
    '"0.0.0.0:8288:8288"': False,
    '"192.168.1.2:8288:8288"': False,
    '"${HOST}:8288:8288"': False,
    '"${HOST:-0.0.0.0}:8288:8288"': False,
    '"${HOST:?127.0.0.1}:8288:8288"': False,
    "{target: 8288, published: 8288}": False,
}


@pytest.mark.parametrize(("port", "on_loopback"), PORTS.items())
def test_port_is_on_loopback_where_it_says_so(tmp_path: Path, port: str, on_loopback: bool) -> None:
    """A port is on loopback alone if its host is written, and is loopback."""
    (tmp_path / "compose.yml").write_text(f"services:\n  one:\n    ports: [{port}]\n  two: {{image: x}}\n")

    [published] = published_ports(tmp_path / "compose.yml")

    assert (published.service, published.on_loopback) == ("one", on_loopback)


def test_network_of_the_machine_is_open(tmp_path: Path) -> None:
    """A service in the machine's own network has all its ports open, though it publishes none."""
    (tmp_path / "compose.yml").write_text("services:\n  one: {network_mode: host}\n  two: {network_mode: bridge}\n")

    [published] = published_ports(tmp_path / "compose.yml")

    assert (published.service, published.on_loopback, published.text) == ("one", False, "network_mode: host")


@pytest.mark.parametrize("text", ["", "[]", "services: [1]", "services: {one: 7}", "a: b: c"])
def test_file_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    """What is no Compose file ends in one clear message."""
    (tmp_path / "compose.yml").write_text(text)

    with pytest.raises(SetupError, match=r"compose\.yml to be a Compose file"):
        [*published_ports(tmp_path / "compose.yml")]
