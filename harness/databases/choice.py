"""The choice of a database: beside the engine in Docker, else from binaries of this machine."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.containers.connection import connect
from harness.containers.images import Wanted, require_image
from harness.databases import Database
from harness.databases.docker import DockerPostgres
from harness.databases.local import LocalPostgres
from harness.errors import SetupError
from harness.processes.reaper import Reaper

AUTO, DOCKER, LOCAL = "auto", "docker", "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseChoice:
    """How Postgres is had; plain values alone, so that any process of the run can start one.

    Attributes:
        kind: `docker` or `local`.
        image: The image, for `docker`.
        session: The run that its containers are of, for `docker`.
        bin_dir: Folder of the binaries, for `local`; empty looks for them.
        notes: What every report must say of it.
    """

    kind: str
    image: str = ""
    session: str = ""
    bin_dir: str = ""
    notes: Sequence[str] = ()

    def server(self, directory: Path, *, reaper: Reaper, log_path: Path) -> Database:
        """Describe a server; nothing is started yet.

        Args:
            directory: Where a local server's files will be.
            reaper: Cleans up should this process die.
            log_path: Its log.
        """
        if self.kind == DOCKER:
            return DockerPostgres(self.image, session=self.session, reaper=reaper, log_path=log_path)
        return LocalPostgres(directory, reaper=reaper, bin_dir=self.bin_dir or None, log_path=log_path)


def choose(
    way: str, *, beside: str, image: str, postgres_bin: str, session: str, say: Callable[[str], None]
) -> DatabaseChoice:
    """Return how Postgres is had.

    Args:
        way: One of `auto`, `docker`, `local`.
        beside: The kind of the engine: `auto` takes Docker when the engine does.
        image: The image, for `docker`.
        postgres_bin: Folder of the binaries, for `local`; empty looks for them.
        session: The run that its containers will be of.
        say: Told of what takes a while, before it starts.

    Raises:
        SetupError: It can't be had so.
    """
    local = DatabaseChoice(kind=LOCAL, bin_dir=postgres_bin)
    if way == LOCAL or (way == AUTO and beside != DOCKER):
        return local
    wanted = Wanted(name=image, setting="POSTGRES_IMAGE", otherwise="DATABASE=local")
    try:
        found, _ = require_image(connect(), wanted, say)
    except SetupError as error:
        if way == DOCKER:
            raise
        note = f"DATABASE=docker can't be had: {error.seen.rstrip('.')}"
        return DatabaseChoice(kind=LOCAL, bin_dir=postgres_bin, notes=(note,))
    return DatabaseChoice(kind=DOCKER, image=found, session=session)


def as_json(choice: DatabaseChoice) -> dict[str, Any]:
    """Return a choice as plain values, for another process of the run."""
    return asdict(choice)


def from_json(value: Mapping[str, Any]) -> DatabaseChoice:
    """Return the choice that `as_json` described."""
    return DatabaseChoice(**{**value, "notes": tuple(value["notes"])})
