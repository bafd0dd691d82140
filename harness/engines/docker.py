"""Inngest in a container."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from harness.clients.http import Http
from harness.containers.connection import connect
from harness.containers.managed import ManagedContainer
from harness.containers.starting import Blueprint
from harness.engines import Keys, Reach, command_line, unkept, unresumed, unsigned
from harness.processes.ports import EVERYWHERE
from harness.services import Ground

PORT = 8288


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerEngine:
    """The server of an image; plain values alone, so that any process of the run can start one.

    Attributes:
        image: The image, which is there.
        version: What the image says of itself.
        session: The run that its containers are of.
        reach: How they reach what runs on this machine.
        notes: What every report must say of it.
    """

    image: str
    version: str
    session: str
    reach: Reach
    notes: Sequence[str] = ()
    kind: str = "docker"
    only_port: int = 0

    @property
    def unsigned(self) -> str:
        """Why it can't be had in signed mode; empty when it can."""
        return unsigned(self.version)

    @property
    def unkept(self) -> str:
        """Why it can't be had with a store that outlives a restart; empty when it can."""
        return unkept(self.version)

    @property
    def unresumed(self) -> str:
        """Why runs under way do not go on after a restart; empty when they do."""
        return unresumed(self.version)

    def part(
        self, *, port: int, sdk_url: str, keys: Keys | None, ground: Ground, keep: bool = False
    ) -> "ContainerPart":
        """Describe the server that is published on `port` and syncs with the app at `sdk_url`; its store is in it.

        Raises:
            SetupError: Docker does not answer any more.
        """
        place = connect().place
        blueprint = Blueprint(
            name="engine",
            image=self.image,
            command=["inngest", *command_line.arguments(sdk_url, keys, host=EVERYWHERE, port=PORT, keep=keep)],
            environment=command_line.environment(keys),
            port=PORT,
            published=port,
            bind=place.bind,
            setting="ENGINE_PORT",
        )
        return ContainerPart(blueprint, url=f"http://{place.host}:{port}", session=self.session, ground=ground)


class ContainerPart:
    """A server in a container, as a part of a stack."""

    def __init__(self, blueprint: Blueprint, *, url: str, session: str, ground: Ground) -> None:
        self.name = blueprint.name
        self.url = url
        self._within = ground.within
        self._container = ManagedContainer(
            blueprint, session=session, log_path=ground.logs / f"{blueprint.name}.log", reaper=ground.reaper
        )

    def launch(self) -> None:
        """Start the container without waiting for the server."""
        self._container.start()

    def wait(self) -> None:
        """Wait until the server answers, asked from here.

        Raises:
            SetupError: It exited or does not answer; the text has its exit code and the last lines of its log.
        """
        with closing(Http(self.name, self.url)) as http:
            self._container.wait_until_ready(lambda: http.answers("/health") or None, within=self._within)

    def start(self) -> None:
        """Start the container and wait until the server answers."""
        self.launch()
        self.wait()

    def stop(self) -> None:
        """Ask the server to end, and see that it does; what it wrote is kept."""
        self._container.stop()

    def kill(self) -> None:
        """End the server with SIGKILL, as a crash would; what it wrote is kept."""
        self._container.kill()

    def restart(self) -> None:
        """Stop, then start on the same port; what it held in memory is gone."""
        self.stop()
        self.start()

    def clear(self) -> None:
        """Stop the server and remove all that it stored, with its container."""
        self._container.remove()
