"""The memory of a process: what it has taken since one began to look."""

import subprocess
import sys
from contextlib import closing

import pytest

from harness.errors import Inconclusive
from harness.processes.memory import MemoryWatch
from harness.processes.ports import free_port
from harness.receiver.receiver import Receiver

GREEDY = "import sys; input(); kept = b'x' * 50_000_000; {}; print('done', flush=True); input()"


@pytest.mark.parametrize("fate", ["pass", "del kept"], ids=["kept", "freed again"])
def test_growth_is_seen(fate: str) -> None:
    """What a process takes is seen, also when it has given it back."""
    with subprocess.Popen(
        [sys.executable, "-c", GREEDY.format(fate)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        watch = MemoryWatch(process.pid)
        print(file=process.stdin, flush=True)
        assert process.stdout.readline() == "done\n"
        grown = watch.grown()
        process.kill()

    assert 45_000_000 < grown < 80_000_000


def test_process_is_found_by_its_port() -> None:
    """Who listens at a URL is found, and one that takes nothing has not grown by much."""
    with closing(Receiver().start()) as receiver:
        assert MemoryWatch.at(receiver.url("/")).grown() < 20_000_000


def test_nobody_there_is_inconclusive() -> None:
    """Where nobody listens whom we may look at, nothing is said."""
    with pytest.raises(Inconclusive, match="judge on Linux"):
        MemoryWatch.at(f"http://127.0.0.1:{free_port()}")
