"""Ports: a free one, or who sits on the one that was asked for."""

import errno
import secrets
import socket
from contextlib import closing
from itertools import chain
from pathlib import Path

from harness.errors import SetupError

LOOPBACK = "127.0.0.1"
"""Where everything that the suite starts listens, unless a container must reach it."""

EVERYWHERE = "0.0.0.0"  # noqa: S104 - for what a container must reach, or what runs in one

BELOW_EPHEMERAL = range(20_000, 32_000)
"""Where free ports are taken from: the kernel gives none of these to outgoing connections (it starts at 32768 on Linux
and 49152 elsewhere), so a server that is stopped gets its port again when it is started."""

LISTENING = "0A"
"""The state TCP_LISTEN in /proc/net/tcp."""


def refusal(port: int, host: str) -> OSError | None:
    """Return why no server could listen on a port now; None when one could."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        return error
    return None


def free_port(host: str = LOOPBACK) -> int:
    """Return a port that nobody listens on, and that this function gives to no other process while this one lives.

    A server takes its port seconds after it was chosen. Till then the UDP port of the same number stands for it: two
    processes can't hold it at once, the server has no use for it, and it is free again when this process ends.

    Raises:
        SetupError: `host` is no address of this machine.
    """
    require_address(host)
    return next(port for port in iter(lambda: secrets.choice(BELOW_EPHEMERAL), None) if _reserve(port, host))


def _reserve(port: int, host: str) -> bool:
    if refusal(port, host):
        return False
    holder = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        holder.bind((EVERYWHERE, port))
    except OSError:
        holder.close()
        return False
    holder.detach()  # it stays open, though nobody refers to it
    return True


def require_address(host: str) -> None:
    """Make sure that servers can listen on a host.

    Raises:
        SetupError: They can't.
    """
    if error := refusal(0, host):
        raise SetupError(
            expected=f"{host!r} to be an address of this machine.",
            seen=f"nothing can listen on it: {error.strerror}.",
            next_step="choose one of this machine's addresses, such as 127.0.0.1 or 0.0.0.0.",
        )


def require_free_port(port: int, host: str, part: str, setting: str) -> None:
    """Make sure that a configured port is free.

    Args:
        port: The port wanted.
        host: The address it is wanted on.
        part: What wants it.
        setting: What asks for it: a setting such as "ENGINE_PORT", or a key of the target's file.

    Raises:
        SetupError: It is taken (the text says by whom, where the system tells) or not ours to take.
    """
    error = refusal(port, host)
    if error is None:
        return
    if error.errno == errno.EADDRINUSE:
        raise taken(port, host, part, setting)
    raise _not_free(port, host, part, setting, f"the system says: {error.strerror}")


def taken(port: int, host: str, part: str, setting: str) -> SetupError:
    """Return the error that says of a port that it is taken, and by whom, where the system tells.

    Args:
        port: The port wanted.
        host: The address it is wanted on.
        part: What wants it.
        setting: What asks for it; empty when nothing does.
    """
    return _not_free(port, host, part, setting, f"it is taken{_by_whom(port)}")


def _not_free(port: int, host: str, part: str, setting: str, why: str) -> SetupError:
    choice = f"set {setting}=0 for a free one" if setting else "try again, for another one"
    return SetupError(
        expected=f"port {port} of {host} to be free for the {part}.",
        seen=f"{why}.",
        next_step=f"stop what listens there, or {choice}.",
    )


def listeners(port: int) -> list[int]:
    """Return the processes that listen on a port, as far as the system shows them to us."""
    return _holders(_listening_inodes(port))


def _by_whom(port: int) -> str:
    holders = [_describe(pid) for pid in listeners(port)]
    return f" by {', '.join(holders)}" if holders else ""


def _listening_inodes(port: int) -> set[str]:
    tables = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
    lines = chain.from_iterable(table.read_text().splitlines()[1:] for table in tables if table.exists())
    rows = [line.split() for line in lines]
    return {row[9] for row in rows if row[3] == LISTENING and int(row[1].rpartition(":")[2], 16) == port}


def _holders(inodes: set[str]) -> list[int]:
    links = {f"socket:[{inode}]" for inode in inodes}
    processes = [entry for entry in Path("/proc").glob("[0-9]*") if links]
    return sorted(int(process.name) for process in processes if _has_open(process, links))


def _has_open(process: Path, links: set[str]) -> bool:
    try:
        return any(str(descriptor.readlink()) in links for descriptor in (process / "fd").iterdir())
    except OSError:  # gone meanwhile, or of another user
        return False


def _describe(pid: int) -> str:
    command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return f"PID {pid} ({command[:80]})"
