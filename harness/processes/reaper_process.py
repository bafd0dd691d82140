"""The reaper's own process, and what it knows of process groups.

Standard library only and no import from the repository: it is run as `python -I -S reaper_process.py`, so that it
starts at once and nothing of its owner's environment reaches it. It listens on standard input, a line for each thing
its owner has started or ended:

    process PID START_TIME STOP_SIGNAL      forget process PID
    command {"argv": [...], "cwd": PATH}    forget command {...}
    directory PATH                          forget directory PATH

When the input ends, which the kernel sees to however the owner dies, it ends the processes that are still registered,
with all they have started, runs the commands, and then removes the directories.
"""

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

GRACE = 2.0
"""Seconds that processes get between their stop signal and SIGKILL."""

FOR_A_COMMAND = 30.0
"""Seconds that a registered command may take."""

IPC_RMID = 0


class ProcessStat(NamedTuple):
    """What the kernel says of one process; `pid` and `started` together name it for good, as pids are used again."""

    pid: int
    state: str
    parent: int
    group: int
    started: int


def read_stat(pid: int) -> ProcessStat | None:
    """Return the kernel's view of a process; None when there is none, or no /proc to ask."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # the command before it may hold spaces and parentheses
    return ProcessStat(pid=pid, state=fields[0], parent=int(fields[1]), group=int(fields[2]), started=int(fields[19]))


def start_time(pid: int) -> int:
    """Return when a process was started, in clock ticks since boot; 0 where the system does not tell."""
    stat = read_stat(pid)
    return stat.started if stat else 0


def family(pid: int) -> list[ProcessStat]:
    """Return the living members of the group that `pid` leads, and their descendants in whatever group."""
    pids = (int(entry.name) for entry in Path("/proc").glob("[0-9]*"))
    stats = [stat for each in pids if (stat := read_stat(each)) is not None and stat.state not in "ZX"]
    members = {stat.pid for stat in stats if stat.group == pid}
    while grown := {stat.pid for stat in stats if stat.parent in members} - members:
        members |= grown
    return [stat for stat in stats if stat.pid in members]


def living(stats: Iterable[ProcessStat]) -> list[ProcessStat]:
    """Return those that still live, leaving out processes that only got the pid of a dead one."""
    now = ((stat, read_stat(stat.pid)) for stat in stats)
    return [stat for stat, seen in now if seen and seen.started == stat.started and seen.state not in "ZX"]


def signal_group(pid: int, number: int) -> bool:
    """Send a signal to the group that `pid` leads; False when nobody is left in it."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):  # macOS says "not permitted" of a group of zombies
        return False
    return True


def signal_each(stats: Iterable[ProcessStat], number: int) -> None:
    """Send a signal to those that still live."""
    for stat in living(stats):
        try:
            os.kill(stat.pid, number)
        except ProcessLookupError:
            continue


def release_memory(makers: Mapping[int, int]) -> None:
    """Remove System V shared memory that dead processes have left, as Postgres does when it is killed.

    Args:
        makers: The start times of the processes by their pids.
    """
    for segment in _unused_segments(makers):
        ctypes.CDLL(None).shmctl(segment, IPC_RMID, None)


def _unused_segments(makers: Mapping[int, int]) -> list[int]:
    try:
        rows = Path("/proc/sysvipc/shm").read_text().splitlines()[1:]
    except OSError:
        return []
    columns = ([int(column) for column in row.split()] for row in rows)
    return [
        segment
        for _, segment, _, _, maker, _, attached, *_, made, _, _ in columns
        if not attached and maker in makers and made >= _epoch(makers[maker])  # else it is of an earlier maker's time
    ]


def _epoch(started: int) -> float:
    """Return a start time in seconds since the epoch, early by two seconds as the kernel rounds."""
    lines = Path("/proc/stat").read_text().splitlines()
    boot = next(int(line.split()[1]) for line in lines if line.startswith("btime"))
    return boot + started / os.sysconf("SC_CLK_TCK") - 2


def freeze(pid: int) -> list[ProcessStat]:
    """Stop a group and the descendants that left it, and return them all; none is born meanwhile."""
    signal_group(pid, signal.SIGSTOP)
    members = family(pid)
    signal_each(members, signal.SIGSTOP)
    return members


class Registered(NamedTuple):
    """A process group of the owner, by its leader."""

    pid: int
    started: int
    stop_signal: int

    @property
    def is_known(self) -> bool:
        """Whether the pid has not been given to a process that we know nothing of."""
        stat = read_stat(self.pid)
        return stat is None or self.started in (0, stat.started)


class Estate:
    """What the owner has registered and not forgotten."""

    def __init__(self) -> None:
        self.processes: dict[int, Registered] = {}
        self.commands: dict[str, None] = {}
        self.directories: dict[str, None] = {}

    def hear(self, line: str) -> None:
        """Take in one line of the owner."""
        match line.rstrip("\n").split(" ", 1):
            case ["process", rest]:
                registered = Registered(*map(int, rest.split()))
                self.processes[registered.pid] = registered
            case ["command", order]:
                self.commands[order] = None
            case ["directory", path]:
                self.directories[path] = None
            case ["forget", rest]:
                self._forget(*rest.split(" ", 1))

    def _forget(self, kind: str, what: str) -> None:
        if kind == "process":
            self.processes.pop(int(what), None)
        elif kind == "command":
            self.commands.pop(what, None)
        else:
            self.directories.pop(what, None)

    def settle(self) -> None:
        """End the processes, newest first, run the commands, then remove the directories that nobody writes to now."""
        end_groups([each for each in reversed(self.processes.values()) if each.is_known])
        for order in self.commands:
            carry_out(json.loads(order))
        for directory in self.directories:
            shutil.rmtree(directory, ignore_errors=True)


def end_groups(groups: list[Registered]) -> None:
    """Ask the groups to end, give them all together some grace, and kill what is left of them and their descendants."""
    leaders = {group.pid: group.started for group in groups}
    members = [member for pid in leaders for member in family(pid)]
    asked = [member for member in members if member.group in leaders]
    for group in groups:
        signal_group(group.pid, group.stop_signal)
        signal_group(group.pid, signal.SIGCONT)  # a stopped process would never see the request
    _wait_while(lambda: living(asked) or _remain_without_proc(leaders))
    for pid in leaders:
        members += freeze(pid)
        signal_group(pid, signal.SIGKILL)
    signal_each(members, signal.SIGKILL)
    _wait_while(lambda: living(members))  # what dies may still write, and holds its memory
    release_memory(leaders | {member.pid: member.started for member in members})


def carry_out(order: Mapping[str, Any]) -> None:
    """Run a registered command; what it has to say it says on the owner's standard error."""
    try:
        subprocess.run(
            order["argv"],
            cwd=order["cwd"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            timeout=FOR_A_COMMAND,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        sys.stderr.write(f"not cleaned up: {error}\n")


def _wait_while(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + GRACE
    while time.monotonic() < deadline and condition():
        time.sleep(0.02)  # noqa: TID251 - this program stands alone, so it can't use harness.waiters


def _remain_without_proc(leaders: Iterable[int]) -> bool:
    return not Path("/proc/self/stat").exists() and any(signal_group(pid, 0) for pid in leaders)


def serve(lines: Iterable[str]) -> None:
    """Listen to the owner until it is gone, then settle its estate."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    estate = Estate()
    for line in lines:
        estate.hear(line)
    estate.settle()


if __name__ == "__main__":
    serve(sys.stdin)
