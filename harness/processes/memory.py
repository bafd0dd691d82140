"""How much memory a part of the platform takes, as far as this machine's kernel tells."""

from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from harness.errors import Inconclusive
from harness.processes.ports import listeners

KILOBYTE = 1024


class MemoryWatch:
    """Sees how much memory the processes that listen at a port take more than at the beginning.

    Args:
        pids: The processes.
    """

    def __init__(self, *pids: int) -> None:
        self._pids = pids
        self._resident, self._peak = self._read("VmRSS"), self._read("VmHWM")

    @classmethod
    def at(cls, url: str) -> Self:
        """Watch those who listen at a URL of this machine.

        Raises:
            Inconclusive: There are none that we may look at.
        """
        if pids := listeners(urlsplit(url).port or 0):
            return cls(*pids)
        raise Inconclusive(
            f"a process of this machine that listens at {url}, to see how much memory it takes.",
            "none that the system shows us.",
            "judge on Linux a dispatcher that the suite starts itself, or look yourself and waive RET-11 here.",
        )

    def grown(self) -> int:
        """Return by how many bytes the processes were larger at their largest than at the beginning.

        A peak that is no higher than an earlier one is not known: then what they take now counts.
        """
        peak = self._read("VmHWM")
        return (peak if peak > self._peak else self._read("VmRSS")) - self._resident

    def _read(self, field: str) -> int:
        return sum(_bytes_of(pid, field) for pid in self._pids)


def _bytes_of(pid: int, field: str) -> int:
    """Return a field of a process's status; 0 once it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * KILOBYTE for line in lines if line.startswith(f"{field}:"))
