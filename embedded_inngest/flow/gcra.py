"""The generic cell rate algorithm: even steps, some more at once, and no window that opens all at a time."""

import math
from dataclasses import dataclass
from heapq import heappop, heappush

import orjson

from embedded_inngest.journal import NO_JOURNAL, Journal, Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often something may happen.

    Attributes:
        interval: Seconds from one time to the next.
        extra: Times more that it may happen at once, beyond the first.
        kept: Seconds for which a mark is remembered; by default until it is past, in whole seconds.
    """

    interval: float
    extra: int
    kept: float | None = None

    def forgotten_after(self, seconds: float) -> float:
        """Return for how long a mark is remembered that is so many seconds ahead."""
        return max(math.floor(seconds), 1) if self.kept is None else self.kept


@dataclass(frozen=True, slots=True)
class Mark:
    """The time up to which a key is used up, and when that is forgotten."""

    at: float
    forgotten_at: float


class Meter:
    """Counts what happens, key by key."""

    def __init__(self, part: Part, journal: Journal = NO_JOURNAL) -> None:
        self._part: Part = part
        self._journal = journal
        self._marks: dict[str, Mark] = {}
        self._to_forget: list[tuple[float, str]] = []

    def allowed_at(self, key: str, pace: Pace, now: float) -> float:
        """Return when it may happen once more: now, or later."""
        mark = self._marks.get(key)
        if mark is None:
            return now
        return max(now, min(mark.at - pace.interval * pace.extra, mark.forgotten_at))

    def count(self, key: str, pace: Pace, now: float) -> None:
        """Count that it happens."""
        self._forget(now)
        mark = self._marks.get(key)
        at = pace.interval + (now if mark is None else max(mark.at, now))
        self._keep(key, Mark(at, now + pace.forgotten_after(at - now)))
        self._journal.held(self._part, key)

    def held(self, key: str) -> bytes | None:
        """Write down the mark of a key, if there is one."""
        mark = self._marks.get(key)
        return None if mark is None else orjson.dumps([mark.at, mark.forgotten_at])

    def hold(self, key: str, content: bytes) -> None:
        """Read what `held` wrote."""
        self._keep(key, Mark(*orjson.loads(content)))

    def _keep(self, key: str, mark: Mark) -> None:
        self._marks[key] = mark
        heappush(self._to_forget, (mark.forgotten_at, key))

    def _forget(self, now: float) -> None:
        while self._to_forget and self._to_forget[0][0] <= now:
            _, key = heappop(self._to_forget)
            if key in self._marks and self._marks[key].forgotten_at <= now:
                del self._marks[key]
                self._journal.held(self._part, key)
