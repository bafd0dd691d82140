"""The resolver of our own: inside one process names lead where the plan says, and nowhere else."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from harness.processes.resolving import OUTSIDE, Resolver
from harness.receiver.receiver import Receiver

PROGRAM = """
import asyncio, json, socket, sys
port = int(sys.argv[1])
seen = [socket.getaddrinfo("moving.example.com", port, type=socket.SOCK_STREAM)[0][4][0] for _ in range(3)]
seen.append(socket.gethostbyname("localhost"))
async def ask():
    reader, writer = await asyncio.open_connection("still.example.com", 9)
    writer.write(b"GET /found HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n")
    seen.append((await reader.read(12)).decode())
    writer.close()
asyncio.run(ask())
print(json.dumps(seen))
"""


@pytest.fixture
def resolver(tmp_path: Path, outside: Receiver) -> Resolver:
    """Leads one name outside for ever, and one inside from the second look-up on."""
    port = int(outside.url("/").rsplit(":", 1)[1].strip("/"))
    names = {"moving.example.com": [OUTSIDE, "127.0.0.1"], "still.example.com": [OUTSIDE]}
    return Resolver(tmp_path / "resolver", names=names, moved={OUTSIDE: ("127.0.0.1", port)})


@pytest.fixture
def outside() -> Iterator[Receiver]:
    """What stands in for the world outside."""
    with closing(Receiver()) as receiver:
        receiver.start().script("/found", [204])
        yield receiver


def test_names_lead_where_the_plan_says(resolver: Resolver) -> None:
    """Look-ups get the plan's answers in their order, and an address of the plan is called at its place here."""
    command = [sys.executable, "-W", "error", "-c", PROGRAM, "9"]

    said = subprocess.run(command, env=resolver.environment({}), capture_output=True, text=True, check=True).stdout

    assert json.loads(said) == [OUTSIDE, "127.0.0.1", "127.0.0.1", "127.0.0.1", "HTTP/1.1 204"]
    assert (resolver.looked_up("moving.example.com"), resolver.looked_up("still.example.com")) == (3, 1)
    assert resolver.called() == {OUTSIDE}


def test_environment_keeps_what_was_there(resolver: Resolver) -> None:
    """What the process was told before is told after the hooks."""
    told = resolver.environment({"PYTHONPATH": "/own", "NODE_OPTIONS": "--no-warnings"})

    assert told["PYTHONPATH"].split(os.pathsep)[1] == "/own"
    assert told["NODE_OPTIONS"].endswith("node.cjs --no-warnings")
