"""Containers of the suite: started, watched and ended, with Docker well or gone."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from docker.models.containers import Container

from harness.containers.cleanup import OWNER, SESSION
from harness.containers.managed import ManagedContainer
from harness.containers.starting import Blueprint
from harness.errors import SetupError
from harness.processes.reaper import Reaper
from harness.waiters import until
from tests.unit.harness.fake_docker import FakeContainer, refused

BLUEPRINT = Blueprint(
    name="engine",
    image="inngest/inngest:v1.43.0",
    command=["inngest", "dev"],
    port=8288,
    published=28288,
    bind="127.0.0.1",
    setting="ENGINE_PORT",
)


class QuietReaper(Reaper):
    """A reaper that only notes what it is told: no container is there to be removed."""

    def __init__(self) -> None:
        self.told: list[str] = []

    @property
    def pid(self) -> int:
        return 4711

    def _tell(self, line: str) -> None:
        self.told.append(line)


@pytest.fixture
def fake() -> FakeContainer:
    """Return the container that Docker will make."""
    return FakeContainer()


@pytest.fixture
def quiet() -> QuietReaper:
    """Return a reaper that runs nothing."""
    return QuietReaper()


@pytest.fixture
def container(fake: FakeContainer, quiet: QuietReaper, tmp_path: Path) -> ManagedContainer:
    """Return a container that is described, and not started yet."""

    def start(_: Blueprint, labels: Any) -> Container:
        fake.calls.append(f"run {json.dumps(labels)}")
        if fake.broken:
            raise fake.broken
        return cast("Container", fake)

    return ManagedContainer(BLUEPRINT, session="run-1", log_path=tmp_path / "engine.log", reaper=quiet, start=start)


def test_container_is_in_somebodys_care_before_it_is_made(
    container: ManagedContainer, fake: FakeContainer, quiet: QuietReaper
) -> None:
    """A container carries the labels of its run and its reaper, which was told before Docker was."""
    fake.broken = refused("no")
    with pytest.raises(SetupError):
        container.start()

    [call] = fake.calls
    assert json.loads(call.removeprefix("run ")) == {SESSION: "run-1", OWNER: "4711"}
    [line] = quiet.told
    assert '"harness.containers.cleanup", "run-1", "4711"]' in line


def test_exit_ends_the_wait_at_once(container: ManagedContainer, fake: FakeContainer) -> None:
    """A container that exits ends the wait with its code and last words, long before the deadline."""
    container.start()
    fake.says("no such table\n")
    fake.exits(3)

    with pytest.raises(SetupError, match=r"it exited with code 3. It said last:\n  \| no such table"):
        container.wait_until_ready(lambda: None, within=30)


def test_lack_of_memory_is_told(container: ManagedContainer, fake: FakeContainer) -> None:
    """A container that the kernel killed for its memory is told from one that exited."""
    container.start()
    fake.exits(137, out_of_memory=True)

    with pytest.raises(SetupError, match=r"it ran out of memory and was killed \(exit code 137\)"):
        container.wait_until_ready(lambda: None, within=30)


def test_log_is_whole_over_restarts(container: ManagedContainer, fake: FakeContainer) -> None:
    """The log has each line once, from the first start to the last stop, though Docker tells all anew."""
    container.start()
    fake.says("first\n")
    until(lambda: "first" in container.log.path.read_text(), within=5)
    container.stop()
    container.start()
    fake.says("second\n")
    container.stop()

    assert container.log.path.read_text() == "first\nsecond\n"
    assert [call for call in fake.calls if call in {"start", "stop 5"}] == ["stop 5", "start", "stop 5"]


@pytest.mark.parametrize(
    "message",
    [
        "driver failed programming external connectivity: Bind for 127.0.0.1:28288 failed: port is already allocated",
        "Error starting userland proxy: listen tcp4 127.0.0.1:28288: bind: address already in use",
    ],
)
def test_taken_port_names_the_setting(container: ManagedContainer, fake: FakeContainer, message: str) -> None:
    """A port that is taken is one clear message, which names the port and the setting for another."""
    fake.broken = refused(message)

    with pytest.raises(SetupError) as caught:
        container.start()

    assert caught.value.expected == "port 28288 of 127.0.0.1 to be free for the engine."
    assert "ENGINE_PORT=0" in caught.value.next_step


def test_refusal_is_quoted_in_one_line(container: ManagedContainer, fake: FakeContainer) -> None:
    """What Docker refuses is quoted without its wrapping, beside the command with which to try it."""
    fake.broken = refused('exec: "inngest":\n executable file not found in $PATH')

    with pytest.raises(SetupError) as caught:
        container.start()

    assert caught.value.seen == 'Docker refused: exec: "inngest": executable file not found in $PATH.'
    assert caught.value.next_step == "try it: docker run --rm inngest/inngest:v1.43.0 inngest dev"


@pytest.mark.parametrize("end", [ManagedContainer.stop, ManagedContainer.kill])
def test_container_is_ended_once(
    container: ManagedContainer, fake: FakeContainer, end: Callable[[ManagedContainer], None]
) -> None:
    """Ending a container sees that it exits; what was not started, or has exited, is not asked to."""
    end(container)
    container.start()
    end(container)
    end(container)

    assert container.exited()
    assert len([call for call in fake.calls if call in {"stop 5", "kill"}]) == 1


def test_removed_container_is_made_anew(container: ManagedContainer, fake: FakeContainer) -> None:
    """What a container wrote is gone once it is removed: the next start does not start the same one again."""
    container.start()
    container.remove()
    container.start()

    assert [call.partition(" ")[0] for call in fake.calls if call != "reload"] == ["run", "kill", "remove", "run"]


def test_dead_docker_is_no_error_of_whoever_closes(container: ManagedContainer, fake: FakeContainer) -> None:
    """A container that can't be stopped, as Docker died, is noted in its log and keeps nobody from closing up."""
    container.start()
    fake.says("busy\n")
    until(lambda: "busy" in container.log.path.read_text(), within=5)
    fake.broken = ConnectionRefusedError(111, "Connection refused")

    container.stop()

    fake.exits(0)
    assert "engine-ab12 could not be stopped: the connection is refused" in container.log.path.read_text()


def test_wait_for_what_was_never_started_ends(container: ManagedContainer) -> None:
    """A wait for a container that was never started is a clear message, though there is no log yet."""
    with pytest.raises(SetupError, match=r"it was never started. It said last: nothing"):
        container.wait_until_ready(lambda: None, within=30)


def test_dead_docker_ends_the_wait(container: ManagedContainer, fake: FakeContainer) -> None:
    """A wait for a container whose Docker died ends at once, and says so."""
    container.start()
    fake.broken = ConnectionRefusedError(111, "Connection refused")
    fake.exits(0)

    with pytest.raises(SetupError, match="can't be asked for, as Docker is gone: the connection is refused"):
        container.wait_until_ready(lambda: None, within=30)
