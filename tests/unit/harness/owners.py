"""Owners: processes that start something with the harness, say what, and wait to be killed."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[3]


@contextmanager
def owner(script: str, *arguments: str | Path) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Run a script in its own session and yield it with the words of the one line that it prints when all is up."""
    process = subprocess.Popen(
        [sys.executable, "-c", f"{script}\nsys.stdin.read()", *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    )
    with process:
        assert process.stdout is not None
        yield process, process.stdout.readline().split()
        process.kill()


def exists(pid: int) -> bool:
    """Tell whether a process lives; one that is dead and not yet buried does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"
