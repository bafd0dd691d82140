"""What unit tests of several parts share: a real Postgres."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from harness.databases.local import LocalPostgres
from harness.processes.reaper import Reaper


@pytest.fixture(scope="session")
def postgres() -> Iterator[LocalPostgres]:
    """A running server; who stops it starts it again."""
    with Reaper() as reaper, closing(LocalPostgres(reaper=reaper)) as server:
        server.start()
        yield server
