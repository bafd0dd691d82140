"""Containers on a real Docker engine; left out of `make test`, which needs none: `make test-docker`.

The images are those of the settings INNGEST_IMAGE and POSTGRES_IMAGE.
"""

import re
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from harness import settings
from harness.clients.http import Http
from harness.containers import cleanup
from harness.containers.connection import connect
from harness.databases import choice as databases
from harness.engines import Engine, Keys
from harness.engines import choice as engines
from harness.errors import SetupError
from harness.processes.ports import free_port
from harness.processes.reaper import Reaper
from harness.services import Ground, Part
from harness.waiters import until
from tests.unit.harness.owners import owner

SETTINGS = settings.from_environment()
NOWHERE = "http://host.docker.internal:1/api/inngest"
OWNER = """
import sys
from pathlib import Path
from harness.engines import choice
from harness.processes.ports import free_port
from harness.processes.reaper import Reaper
from harness.services import Ground
session, image, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
reaper = Reaper()
engine = choice.choose(choice.Wish(way="docker", image=image), session=session, reaper=reaper, say=lambda _: None)
ground = Ground(logs=folder, folder=folder, reaper=reaper, within=30)
engine.part(port=free_port(), sdk_url="http://host.docker.internal:1/x", keys=None, ground=ground).start()
print("up", flush=True)
"""

MakePart = Callable[..., Part]


@pytest.fixture
def reaper() -> Iterator[Reaper]:
    """Clean up after a test, also if the test run is killed."""
    with Reaper() as reaper:
        yield reaper


@pytest.fixture
def session(reaper: Reaper) -> Iterator[str]:
    """Return the name of a run, and see that it leaves nothing."""
    session = secrets.token_hex(4)
    yield session
    assert cleanup.settle(session, reaper) == []
    assert left(session) == 0


@pytest.fixture
def engine(session: str, reaper: Reaper) -> Engine:
    """Return Inngest in Docker."""
    wish = engines.Wish(way="docker", image=SETTINGS.inngest_image)
    return engines.choose(wish, session=session, reaper=reaper, say=print)


@pytest.fixture
def make_part(engine: Engine, reaper: Reaper, tmp_path: Path) -> MakePart:
    """Describe a server on a port."""

    def make(port: int, keys: Keys | None = None) -> Part:
        ground = Ground(logs=tmp_path, folder=tmp_path, reaper=reaper, within=30)
        return engine.part(port=port, sdk_url=NOWHERE, keys=keys, ground=ground)

    return make


def left(session: str) -> int:
    """Return how many containers and networks of a run there are."""
    client, label = connect().client, f"{cleanup.SESSION}={session}"
    containers = client.containers.list(all=True, filters={"label": label})
    return len(containers) + len(client.networks.list(filters={"label": label}))


def test_killed_owner_leaves_nothing(tmp_path: Path) -> None:
    """A SIGKILLed owner leaves no container and no network."""
    session = secrets.token_hex(4)
    with owner(OWNER, session, SETTINGS.inngest_image, tmp_path) as (process, [word]):
        assert (word, left(session)) == ("up", 2)
        process.kill()

        until(lambda: left(session) == 0, within=15)


def test_server_keeps_its_port_and_log_over_a_restart(make_part: MakePart, tmp_path: Path) -> None:
    """A server answers at the same address after a restart, is silent while stopped, and its log has both lives."""
    part = make_part(free_port())
    with closing(Http("engine", part.url)) as http:
        part.start()
        first = (tmp_path / "engine.log").read_text()
        part.stop()
        assert not http.answers("/health")
        part.start()
        assert http.answers("/health")
    part.stop()

    assert (tmp_path / "engine.log").read_text().startswith(first)


def test_signed_server_refuses_a_wrong_key(engine: Engine, make_part: MakePart) -> None:
    """A server that is given keys takes events under its own key alone."""
    assert engine.unsigned == ""
    keys = Keys.new()
    part = make_part(free_port(), keys)
    part.start()

    with closing(Http("engine", part.url)) as http:
        codes = [http.post(f"/e/{key}", json={"name": "a/b"}).status_code for key in (keys.event, "wrong")]
    assert codes == [200, 401]


def test_taken_port_is_one_message(make_part: MakePart) -> None:
    """A port on which somebody listens already is named, with the setting for another."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(SetupError, match=f"port {port} of 127.0.0.1 to be free for the engine"):
            make_part(port).start()


def test_database_keeps_what_was_committed(session: str, reaper: Reaper, tmp_path: Path) -> None:
    """A database in Docker keeps what was committed over a kill, on the same port and with the same password."""
    choice = databases.choose(
        "docker", beside="docker", image=SETTINGS.postgres_image, postgres_bin="", session=session, say=print
    )
    server = choice.server(tmp_path, reaper=reaper, log_path=tmp_path / "postgres.log")
    server.start()
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS value")

    server.kill()
    server.start()

    with psycopg.connect(server.dsn()) as connection:
        assert connection.execute("SELECT value FROM kept").fetchone() == (7,)
    assert re.fullmatch(r"PostgreSQL \d+.*", server.version)
