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
    '"8288:8288"': False,
    '"${PORT:-8288}:8288"': False,
    "8288": False,
    '"0.0.0.0:8288:8288"': False,
    '"192.168.1.2:8288:8288"': False,
    '"${HOST}:8288:8288"': False,
    "{target: 8288, published: 8288}": False,
}


@pytest.mark.parametrize(("port", "on_loopback"), PORTS.items())
def test_port_is_on_loopback_where_it_says_so(tmp_path: Path, port: str, on_loopback: bool) -> None:
    """A port is on loopback alone if its host is written, and is loopback."""
    (tmp_path / "compose.yml").write_text(f"services:\n  one:\n    ports: [{port}]\n  two: {{image: x}}\n")

    [published] = published_ports(tmp_path / "compose.yml")

    assert (published.service, published.on_loopback) == ("one", on_loopback)


@pytest.mark.parametrize("text", ["", "[]", "services: [1]", "services: {one: 7}", "a: b: c"])
def test_file_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    """What is no Compose file ends in one clear message."""
    (tmp_path / "compose.yml").write_text(text)

    with pytest.raises(SetupError, match=r"compose\.yml to be a Compose file"):
        [*published_ports(tmp_path / "compose.yml")]
