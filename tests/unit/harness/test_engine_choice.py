"""The choice of an engine: the real one first, loud about each way that was not to be had, the same everywhere."""

import dataclasses
import json
from pathlib import Path

import pytest

from harness.engines import Engine, Reach
from harness.engines import choice as engines
from harness.engines.choice import Wish, as_json, choose, from_json
from harness.errors import SetupError
from harness.processes.reaper import Reaper
from tests.unit.harness.fake_docker import FakeDocker

ASKED = "inngest/inngest:v0.38.0"
NO_DOCKER = "tcp://127.0.0.1:1"
FALLBACK = "inngest/inngest:v1.43.0"
WISH = Wish(way="auto", image=ASKED, fallback=FALLBACK)


@pytest.fixture
def docker(fake_docker: FakeDocker, monkeypatch: pytest.MonkeyPatch) -> FakeDocker:
    """Answer as Docker, with one image that is Inngest 1.43.0."""
    fake_docker.images = {ASKED}
    monkeypatch.setattr(engines, "ask", lambda *_, **__: "1.43.0-abcdef123\n")
    return fake_docker


@pytest.fixture
def no_docker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no Docker, and no program on the PATH."""
    monkeypatch.setenv("DOCKER_HOST", NO_DOCKER)
    monkeypatch.setenv("PATH", "/nonexistent")


@pytest.fixture
def inngest(tmp_path: Path) -> str:
    """Return the path of a program that says that it is Inngest 0.29.9."""
    file = tmp_path / "inngest"
    file.write_text("#!/bin/sh\necho 0.29.9-abc\n")
    file.chmod(0o755)
    return str(file)


def chosen(wish: Wish, reaper: Reaper, said: list[str] | None = None) -> Engine:
    """Choose, and keep what was said meanwhile."""
    return choose(wish, session="run-1", reaper=reaper, say=(said if said is not None else []).append)


def test_docker_comes_first(docker: FakeDocker, reaper: Reaper) -> None:
    """Where Docker has the image, it is taken without a word, and reaches us on the bridge."""
    engine = chosen(WISH, reaper)

    assert docker.pulled == []
    assert (engine.kind, engine.image, engine.notes, engine.unsigned) == ("docker", ASKED, (), "")
    assert engine.reach == Reach(listen="127.0.0.9", host="host.docker.internal")


def test_image_in_its_place_is_noted(docker: FakeDocker, reaper: Reaper) -> None:
    """An image that does not exist is replaced by the one that was tried, and the notes say so."""
    docker.images, docker.registry = {FALLBACK}, {ASKED: (404, "manifest unknown")}

    engine = chosen(WISH, reaper)

    assert engine.image == FALLBACK
    assert engine.notes == (
        f"{ASKED} does not exist (the registry says: manifest unknown); judged with {FALLBACK} instead",
    )


@pytest.mark.usefixtures("no_docker")
def test_binary_comes_second(inngest: str, reaper: Reaper) -> None:
    """Without Docker the program is taken, and why is said."""
    said: list[str] = []

    engine = chosen(dataclasses.replace(WISH, inngest_bin=inngest), reaper, said)

    assert engine.kind == "binary"
    [why] = said
    assert why.startswith(f"no ENGINE=docker: {NO_DOCKER}: the connection is refused")


@pytest.mark.usefixtures("no_docker")
def test_embedded_comes_last(reaper: Reaper) -> None:
    """Without either the embedded engine is taken, and of each way that was not to be had it is said why."""
    said: list[str] = []

    engine = chosen(WISH, reaper, said)

    assert engine.kind == "embedded"
    assert [why.split(":")[0] for why in said] == ["no ENGINE=docker", "no ENGINE=binary"]


def test_image_that_is_not_to_be_had_leads_on(docker: FakeDocker, inngest: str, reaper: Reaper) -> None:
    """Where Docker answers and no image is to be had, the next way is taken and the cause is said."""
    docker.images, docker.registry = set(), {ASKED: (500, "dial tcp: no such host")}
    said: list[str] = []

    engine = chosen(dataclasses.replace(WISH, inngest_bin=inngest), reaper, said)

    assert engine.kind == "binary"
    assert "no ENGINE=docker: dial tcp: no such host" in said


@pytest.mark.usefixtures("no_docker")
@pytest.mark.parametrize("way", ["docker", "binary"])
def test_way_that_is_asked_for_is_the_only_one(way: str, reaper: Reaper) -> None:
    """An engine that is asked for by name is had so or not at all."""
    with pytest.raises(SetupError, match="ENGINE=embedded"):
        chosen(dataclasses.replace(WISH, way=way), reaper)


@pytest.mark.usefixtures("no_docker")
@pytest.mark.parametrize("way", ["auto", "embedded"])
def test_embedded_engine_is_not_the_real_one(way: str, reaper: Reaper) -> None:
    """Where the real one must judge, the embedded engine does not stand in for it."""
    with pytest.raises(SetupError, match="the embedded engine is not it"):
        chosen(dataclasses.replace(WISH, way=way, require_real=True), reaper)


def test_module_in_place_of_the_embedded_engine_is_kept(reaper: Reaper) -> None:
    """Whoever names a module has that one started as the embedded engine, also by another process of the run."""
    engine = chosen(dataclasses.replace(WISH, way="embedded", embedded="faults any"), reaper)

    assert as_json(engine)["module"] == "faults any"


def test_packed_embedded_engine_is_not_the_real_one(
    docker: FakeDocker, reaper: Reaper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The embedded engine in an image is found out by its version."""
    monkeypatch.setattr(engines, "ask", lambda *_, **__: "1.43.0-embedded\n")
    wish = dataclasses.replace(WISH, way="docker")

    assert chosen(wish, reaper).image in docker.images
    with pytest.raises(SetupError, match="is the embedded engine"):
        chosen(dataclasses.replace(wish, require_real=True), reaper)


@pytest.mark.parametrize("way", ["docker", "binary", "embedded"])
def test_choice_is_the_same_in_another_process(docker: FakeDocker, inngest: str, reaper: Reaper, way: str) -> None:
    """An engine that is passed on as JSON is the same engine."""
    engine = chosen(dataclasses.replace(WISH, way=way, inngest_bin=inngest), reaper)

    assert docker.address
    assert from_json(json.loads(json.dumps(as_json(engine)))) == engine
    assert engine.kind == way
