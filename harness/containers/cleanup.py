"""Cleaning up: removes the containers and networks of a session by their labels.

As `python -m harness.containers.cleanup SESSION [OWNER]` it is what the reaper runs when their owner has died.
"""

import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

import docker
from docker.errors import NotFound

from harness.containers.connection import connect
from harness.containers.trouble import TROUBLE, why
from harness.errors import SetupError
from harness.processes.reaper import Reaper
from harness.waiters import OutOfTimeError, until

ROOT = Path(__file__).parents[2]
SESSION, OWNER = "dev.beema.verify.session", "dev.beema.verify.owner"
"""Labels: the run that a container is of, and the reaper that looks after it."""

EVERY = 0.3
TO_REMOVE = 10.0
IN_FLIGHT = 4
"""How many looks in a row must find nothing after a crash: what its victim had just asked for may be made only now."""


def labels(session: str, reaper: Reaper) -> dict[str, str]:
    """Return the labels of what a session starts in this process."""
    return {SESSION: session, OWNER: str(reaper.pid)}


def see_to(session: str, reaper: Reaper) -> None:
    """Have what this process starts removed when the reaper settles, however this process dies."""
    reaper.command(_command(session, reaper), cwd=ROOT)


def settle(session: str, reaper: Reaper) -> list[str]:
    """Remove all of a session now, as its last process; return what may remain, a line each."""
    left = remove(session)
    reaper.forget_command(_command(session, reaper), cwd=ROOT)
    return left


def _command(session: str, reaper: Reaper) -> list[str]:
    return [sys.executable, "-m", "harness.containers.cleanup", session, str(reaper.pid)]


def remove(session: str, owner: str | None = None, *, looks: int = 1) -> list[str]:
    """Remove the containers of a session, with their volumes, and its networks; return what may remain, a line each.

    Args:
        session: The session.
        owner: Only the containers that this reaper looks after; then a network that others still use stays too.
        looks: How many looks in a row must find nothing.
    """
    wanted = [f"{SESSION}={session}"] + ([f"{OWNER}={owner}"] if owner else [])
    try:
        client = connect().client
        return _until_gone(lambda: _sweep(client, wanted), looks)
    except (SetupError, *TROUBLE) as error:
        reason = error.seen if isinstance(error, SetupError) else f"{why(error)}."
        search = " ".join(f"--filter label={label}" for label in wanted)
        return [f"containers of this run may remain, as Docker is gone: {reason} Later: docker ps -a {search}"]


def _until_gone(sweep: Callable[[], list[str]], looks: int) -> list[str]:
    clean = count(1)
    try:
        until(sweep, lambda left: not left and next(clean) >= looks, within=TO_REMOVE, every=EVERY)
    except OutOfTimeError:
        return sweep()
    return []


def _sweep(client: docker.DockerClient, wanted: list[str]) -> list[str]:
    """Try once to remove everything; return what could not be."""
    containers = client.containers.list(all=True, ignore_removed=True, filters={"label": wanted})
    left = [_refusal(f"container {each.name}", each.remove, force=True, v=True) for each in containers]
    networks = client.networks.list(filters={"label": wanted[:1]})
    unremoved = [_refusal(f"network {each.name}", each.remove) for each in networks]
    all_of_the_session = len(wanted) == 1
    left += unremoved if all_of_the_session else []  # else the containers of others may be on it still
    return [each for each in left if each]


def _refusal(what: str, action: Callable[..., None], **options: bool) -> str | None:
    try:
        action(**options)
    except NotFound:
        return None
    except TROUBLE as error:
        return f"{what} may remain: {why(error)}"
    return None


def main(session: str, owner: str | None = None) -> None:
    """Remove, and say on standard error what may remain."""
    for line in remove(session, owner, looks=IN_FLIGHT):
        sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
