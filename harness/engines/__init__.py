"""Engines: the ways in which Inngest is had, each behind the same Protocol."""

from typing import Protocol

from harness.services import Service


class Engine(Protocol):
    """One way to have an Inngest server.

    Attributes:
        kind: The engine's name in settings and reports.
        image: The container image, None where there is none.
        mode: `dev`, or `start` for a server that checks keys and signs.
    """

    kind: str
    image: str | None
    mode: str

    def service(self, *, port: int, sdk_url: str) -> Service:
        """Describe the server that is to listen on `port` and to sync with the app at `sdk_url`."""
        ...
