"""Where the requests of a load are read: from a receiver of this process, or from the file of one that runs alone."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from harness.receiver.receiver import Receiver

Arrival = tuple[str, int, float]
"""The event's id in the body, the webhook, and when the request came, in seconds since the epoch."""


class Arrivals(Protocol):
    """Gives what has arrived."""

    def new(self) -> Sequence[Arrival]:
        """Return what has arrived since the last call."""


class ReceiverArrivals:
    """The arrivals at a receiver of this process.

    Args:
        paths: The load's webhooks by their paths; what arrives at others is not of this load.
    """

    def __init__(self, receiver: Receiver, paths: Mapping[str, int]) -> None:
        self._receiver = receiver
        self._paths = paths
        self._read = 0

    def new(self) -> list[Arrival]:
        attempts = self._receiver.attempts()[self._read :]
        self._read += len(attempts)
        mine = [attempt for attempt in attempts if attempt.path in self._paths]
        return [(attempt.event_id or "", self._paths[attempt.path], attempt.at) for attempt in mine]


class FileArrivals:
    """The arrivals that `load.receiver` writes down, a line each."""

    def __init__(self, file: Path, paths: Mapping[str, int]) -> None:
        self._file = file.open(encoding="utf-8")
        self._paths = paths
        self._half = ""

    def new(self) -> list[Arrival]:
        *lines, self._half = (self._half + self._file.read()).split("\n")
        arrived = [json.loads(line) for line in lines]
        return [(event_id, self._paths[path], at) for event_id, path, at in arrived if path in self._paths]

    def close(self) -> None:
        self._file.close()
