"""Runs of the whole suite in Docker, in environments that are broken on purpose: one clear message, nothing left."""

import signal
import socket
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO

import pytest
from docker.models.containers import Container

from harness import settings
from harness.containers import cleanup
from harness.containers.connection import connect
from harness.verdicts import COULD_NOT_VERIFY
from harness.waiters import until
from tests.suite_run import RunSuite, Suite

IMAGES = settings.from_environment()
DOCKER = {"ENGINE": "docker", "INNGEST_IMAGE": IMAGES.inngest_image, "POSTGRES_IMAGE": IMAGES.postgres_image}
STACK = "tests/stage_1_stack"


def containers() -> list[Container]:
    """Return the containers of all runs on this Docker engine."""
    return connect().client.containers.list(all=True, ignore_removed=True, filters={"label": cleanup.SESSION})


@pytest.fixture
def exiting() -> Iterator[str]:
    """An image in which Postgres gives up at once."""
    client = connect().client
    script = "#!/bin/sh\necho the disk is full >&2\nexit 7\n"
    steps = f"FROM {IMAGES.inngest_image}\nRUN printf {script!r} > /bin/postgres && chmod +x /bin/postgres\n"
    image, _ = client.images.build(fileobj=BytesIO(steps.encode()), network_mode="none", rm=True)
    yield str(image.id)
    client.images.remove(str(image.id), force=True)


def ends(suite: Suite, *words: str) -> None:
    """Check that a run could not verify, says why, and leaves nothing."""
    assert suite.code(within=120) == COULD_NOT_VERIFY, suite.output
    assert [word for word in words if word not in suite.output] == [], suite.output
    assert "Traceback" not in suite.output
    until(lambda: not containers(), within=20)
    suite.leaves_nothing()


def test_image_that_nobody_has_is_one_message(run_suite: RunSuite) -> None:
    """An image that is neither here nor to be had is named, and no other stands in for it."""
    suite = run_suite(STACK, **DOCKER | {"INNGEST_IMAGE": "127.0.0.1:9/no/such:image"})

    ends(suite, "Expected: the image 127.0.0.1:9/no/such:image, here or from its registry.")


def test_container_that_exits_at_once_shows_how(run_suite: RunSuite, exiting: str) -> None:
    """A container that exits is told with its exit code and its last words, long before any deadline."""
    suite = run_suite(STACK, **DOCKER | {"POSTGRES_IMAGE": exiting})

    ends(suite, "Expected: database to be ready", "Seen: it exited with code 7", "the disk is full")


def test_taken_port_is_one_message(run_suite: RunSuite) -> None:
    """A port of Inngest that somebody listens on is named with its setting."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        suite = run_suite(STACK, ENGINE_PORT=str(taken.getsockname()[1]), **DOCKER)

        ends(suite, "to be free for the engine", "ENGINE_PORT")


def test_containers_that_vanish_in_the_middle_are_nobodys_fault(run_suite: RunSuite) -> None:
    """Though Docker loses its containers while requirements are judged, none is said to be broken."""
    suite = run_suite("-n", "2", **DOCKER)
    suite.prints("stage 4 matching")

    for container in containers():
        container.remove(force=True)

    ends(suite, "to be there from the start of a run to its end")
    assert "✘" not in suite.output


def test_killed_run_leaves_no_container(run_suite: RunSuite) -> None:
    """Though the suite itself is killed in the middle, its containers do not survive it."""
    suite = run_suite("-n", "2", **DOCKER)
    suite.prints("stage 4 matching")

    suite.signal(signal.SIGKILL)

    assert suite.code() == -signal.SIGKILL
    until(lambda: not containers(), within=30)
    suite.leaves_nothing()
