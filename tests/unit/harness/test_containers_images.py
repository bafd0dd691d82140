"""Images: there already, pulled, or another one in their place, said loudly."""

import dataclasses

import pytest

from harness.containers.connection import Docker, connect
from harness.containers.images import Wanted, require_image
from harness.errors import SetupError
from tests.unit.harness.fake_docker import FakeDocker

ASKED, TRIED = "inngest/inngest:v0.38.0", "inngest/inngest:v1.43.0"
WANTED = Wanted(name=ASKED, fallback=TRIED, setting="INNGEST_IMAGE", otherwise="ENGINE=embedded")
UNKNOWN = (404, f"manifest for {ASKED} not found: manifest unknown: manifest unknown")
OFFLINE = (500, 'Get "https://registry-1.docker.io/v2/":\n dial tcp: lookup registry-1.docker.io: no such host')


@pytest.fixture
def docker(fake_docker: FakeDocker) -> Docker:
    """Return the connection to that engine."""
    assert fake_docker.address
    return connect()


def test_image_that_is_there_is_not_pulled(fake_docker: FakeDocker, docker: Docker) -> None:
    """An image that is there is taken without a question to any registry."""
    fake_docker.images = {ASKED}

    assert require_image(docker, WANTED, pytest.fail) == (ASKED, None)
    assert fake_docker.pulled == []


def test_pull_is_announced(fake_docker: FakeDocker, docker: Docker) -> None:
    """An image that is not there is pulled, and that is said before it takes its time."""
    fake_docker.registry = {ASKED: (200, '{"status": "Download complete"}')}
    said: list[str] = []

    assert require_image(docker, WANTED, said.append) == (ASKED, None)
    assert (said, fake_docker.pulled) == ([f"pulling {ASKED}"], [ASKED])


@pytest.mark.parametrize(
    "answer",
    [
        UNKNOWN,
        (404, "pull access denied for inngest/inngest, repository does not exist or may require 'docker login'"),
        (200, '{"error": "failed to resolve reference \\"x\\": x: not found"}'),
    ],
)
def test_image_that_does_not_exist_is_stood_in_for(
    fake_docker: FakeDocker, docker: Docker, answer: tuple[int, str]
) -> None:
    """Where the registry knows no such image, the one that was tried judges, and a note says so."""
    fake_docker.registry = {ASKED: answer, TRIED: (200, "{}")}

    image, note = require_image(docker, WANTED, lambda _: None)

    assert image == TRIED
    assert note is not None
    assert note.startswith(f"{ASKED} does not exist (the registry says: ")
    assert note.endswith(f"; judged with {TRIED} instead")


def test_strict_image_is_not_stood_in_for(fake_docker: FakeDocker, docker: Docker) -> None:
    """Where nothing may stand in for an image, one that does not exist ends the run, however many others are there."""
    fake_docker.registry, fake_docker.images = {ASKED: UNKNOWN}, {TRIED}

    with pytest.raises(SetupError, match=f"the image {ASKED}, here or from its registry"):
        require_image(docker, dataclasses.replace(WANTED, strict=True), lambda _: None)


def test_image_of_an_unreachable_registry_may_exist(fake_docker: FakeDocker, docker: Docker) -> None:
    """Without a registry the one that is there judges, and the note claims nothing of the other."""
    fake_docker.registry, fake_docker.images = {ASKED: OFFLINE}, {TRIED}

    image, note = require_image(docker, WANTED, lambda _: None)

    assert image == TRIED
    assert note is not None
    assert note.startswith(f"{ASKED} can't be asked for (Get ")
    assert "may not exist" in note


def test_nothing_to_be_had_is_told_in_one_line(fake_docker: FakeDocker, docker: Docker) -> None:
    """Without a registry and without any image, one message names the cause and the ways that are left."""
    fake_docker.registry = {ASKED: OFFLINE}

    with pytest.raises(SetupError) as caught:
        require_image(docker, WANTED, lambda _: None)

    assert "\n" not in caught.value.seen
    assert "no such host" in caught.value.seen
    assert "`make offline-images` and set INNGEST_IMAGE" in caught.value.next_step
    assert fake_docker.pulled == [ASKED]
