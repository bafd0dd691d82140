"""Starting a container, through Testcontainers: its description, its network, its labels."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from docker.errors import APIError
from docker.models.containers import Container
from docker.types import LogConfig
from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network

from harness.containers.cleanup import SESSION
from harness.containers.connection import NAME_OF_HOST, TO_ACT

CLIENT = {"timeout": TO_ACT}
CONFLICT = 409
WHOLE = LogConfig(type=LogConfig.types.JSON, config={})
"""The log is kept whole and can be read, whatever the engine's default does with logs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """What is needed to start a container: a description, no container yet.

    Attributes:
        name: What messages call it.
        image: Its image, which is there.
        command: Its command line; what the image says when empty.
        port: Port on which it listens inside.
        published: Port on which it is found outside.
        bind: Address on which that port is published.
        setting: Name of the setting that can ask for the published port; empty when there is none.
        environment: What it is told.
        stop_signal: What asks it to end well; what the image says when None.
    """

    name: str
    image: str
    command: Sequence[str] = ()
    port: int
    published: int
    bind: str
    setting: str = ""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    stop_signal: str | None = None


def start(blueprint: Blueprint, labels: Mapping[str, str]) -> Container:
    """Create a container on its session's network and start it.

    Raises:
        DockerException: Docker refused.
    """
    container = DockerContainer(blueprint.image, docker_client_kw=CLIENT)
    container.with_command([*blueprint.command]).with_envs(**blueprint.environment)
    container.with_name(f"{_stem(labels)}-{blueprint.name}-{secrets.token_hex(2)}")
    ports = cast("dict[str, tuple[str, int]]", container.ports)  # Testcontainers knows no address, docker-py does
    ports[f"{blueprint.port}/tcp"] = (blueprint.bind, blueprint.published)
    container.with_network(_network(labels)).with_kwargs(
        labels={**labels},
        extra_hosts={NAME_OF_HOST: "host-gateway"},
        log_config=WHOLE,
        stop_signal=blueprint.stop_signal,
    )
    return container.start().get_wrapped_container()


def _stem(labels: Mapping[str, str]) -> str:
    return f"beema-verify-{labels[SESSION]}"


def _network(labels: Mapping[str, str]) -> Network:
    """Return the network of a session, made by whoever needs it first."""
    network = Network(CLIENT, {"labels": {**labels}, "check_duplicate": True})
    network.name = _stem(labels)
    try:
        network.create()
    except APIError as error:
        if error.status_code != CONFLICT:
            raise
    return network
