"""Asking an image: runs one command in it that says something and ends."""

from collections.abc import Mapping, Sequence

from harness.containers import cleanup
from harness.containers.connection import Docker
from harness.containers.trouble import TROUBLE, bounded, why
from harness.errors import SetupError
from harness.processes.reaper import Reaper

TO_SAY = 20.0
"""Seconds that a command may take."""


def ask(
    docker: Docker,
    image: str,
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    session: str,
    reaper: Reaper,
) -> str:
    """Return what a command in an image says.

    Raises:
        SetupError: It can't be run there, fails, or takes too long.
    """
    cleanup.see_to(session, reaper)
    labels, told = cleanup.labels(session, reaper), {**environment}

    def run() -> bytes:
        containers = docker.client.containers
        return containers.run(image, [*command], environment=told, labels=labels, network_mode="none", remove=True)

    try:
        return bounded(run, within=TO_SAY).decode(errors="replace")
    except TROUBLE as error:
        raise SetupError(
            f"`{' '.join(command)}` to work in the image {image}.",
            f"{why(error)}.",
            f"try it: docker run --rm {image} {' '.join(command)}",
        ) from None
