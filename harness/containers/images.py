"""Images: there already, pulled, or another one in their place, said loudly."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from docker.errors import ImageNotFound
from testcontainers.core.config import testcontainers_config

from harness.containers.connection import Docker
from harness.containers.trouble import TROUBLE, bounded, one_line, why
from harness.errors import SetupError

TO_PULL = 600.0
"""Seconds that an image may take to come; the two that the suite needs are below 200 MB."""

NO_SUCH_IMAGE = re.compile(
    r"manifest unknown|manifest for .+ not found|pull access denied|does not exist|reference .+: not found",
    re.IGNORECASE,
)
"""What registries and engines say of an image that is not there, as opposed to a registry that is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An image that is asked for.

    Attributes:
        name: The image.
        fallback: Stands in for it when it can't be had; None when nothing may.
        strict: Whether nothing may stand in for it after all.
        setting: The setting that asked for it.
        otherwise: Settings that do without it.
    """

    name: str
    fallback: str | None = None
    strict: bool = False
    setting: str
    otherwise: str


class _PullError(Exception):
    """A registry did not give an image; the text is one line."""

    @property
    def is_unknown(self) -> bool:
        """Whether the registry says that there is no such image."""
        return bool(NO_SUCH_IMAGE.search(str(self)))


def require_image(docker: Docker, wanted: Wanted, say: Callable[[str], None]) -> tuple[str, str | None]:
    """Return the image to use, and what to say of it when it is not the one that was asked for.

    Args:
        docker: Where it must be.
        wanted: What is asked for.
        say: Told of a pull before it starts, since it takes a while.

    Raises:
        SetupError: Neither it nor what may stand in for it can be had.
    """
    try:
        _have(docker, wanted.name, say)
    except _PullError as error:
        return _instead(docker, wanted, error, say)
    return wanted.name, None


def _instead(docker: Docker, wanted: Wanted, error: _PullError, say: Callable[[str], None]) -> tuple[str, str]:
    fallback = None if wanted.strict else wanted.fallback
    if fallback is None or not (error.is_unknown or _is_there(docker, fallback)):
        raise _not_to_be_had(wanted, error)
    try:
        _have(docker, fallback, say)
    except _PullError as second:
        raise _not_to_be_had(wanted, second) from None
    seen = "does not exist (the registry says: {})" if error.is_unknown else "can't be asked for ({}) and may not exist"
    return fallback, f"{wanted.name} {seen.format(error)}; judged with {fallback} instead"


def _not_to_be_had(wanted: Wanted, error: _PullError) -> SetupError:
    instead = f", or {wanted.fallback} in its place" if wanted.fallback and not wanted.strict else ""
    return SetupError(
        f"the image {wanted.name}{instead}, here or from its registry.",
        f"{error}.",
        f"`make offline-images` and set {wanted.setting} to what it makes, or {wanted.otherwise}.",
    )


def _have(docker: Docker, name: str, say: Callable[[str], None]) -> None:
    """Make sure that an image is there."""
    if _is_there(docker, name):
        return
    say(f"pulling {name}")
    try:
        bounded(lambda: _pull(docker, name), within=TO_PULL)
    except TROUBLE as error:
        raise _PullError(why(error)) from None


def _is_there(docker: Docker, name: str) -> bool:
    try:
        docker.client.images.get(_full(name))
    except ImageNotFound:
        return False
    return True


def _pull(docker: Docker, name: str) -> None:
    repository, _, tag = _full(name).partition("@")
    if not tag:
        repository, tag = _tagged(repository)
    for line in docker.client.api.pull(repository, tag=tag, stream=True, decode=True):
        if "error" in line:  # some engines answer 200 first, and fail then
            raise _PullError(one_line(line["error"]))


def _tagged(name: str) -> tuple[str, str]:
    """Split a name into repository and tag; a colon before the last slash is that of a port."""
    repository, _, tag = name.rpartition(":")
    return (repository, tag) if repository and "/" not in tag else (name, "latest")


def _full(name: str) -> str:
    """Return the name as Testcontainers will use it: users may have it put a registry of theirs before it."""
    return f"{testcontainers_config.hub_image_name_prefix}{name}"
