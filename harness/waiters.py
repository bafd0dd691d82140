"""Deadlines: the only module of the harness that sleeps.

`until` waits for something to become true, `stays` for something to remain true while a stated time passes. Neither is
ever a bare sleep, and both look at the condition once more when the time is over.
"""

import time
from collections.abc import Callable
from typing import TypeVar

from harness.errors import UnmetError

T = TypeVar("T")

EVERY = 0.01
"""Seconds between two looks: short enough not to be felt, long enough not to load what is looked at."""


class _Deadline:
    """A point in time that is `within` seconds away, on the monotonic clock."""

    def __init__(self, within: float) -> None:
        self._end = time.monotonic() + within

    @property
    def left(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self._end - time.monotonic())

    @property
    def over(self) -> bool:
        return self.left == 0.0


class OutOfTimeError(Exception):
    """The deadline of a wait passed; carries what was read last, so that the caller can say what was seen."""

    def __init__(self, last: object) -> None:
        super().__init__(f"out of time; last seen: {last!r}")
        self.last = last


def until(read: Callable[[], T], accept: Callable[[T], object] = bool, *, within: float, every: float = EVERY) -> T:
    """Read until `accept` says yes to what was read, and return it.

    Args:
        read: Looks at the world once; what it raises passes through, since an unexpected error is not "not yet".
        accept: Judges what was read; the default accepts anything true.
        within: Seconds to wait at most.
        every: Seconds between two looks.

    Raises:
        OutOfTimeError: `accept` never said yes; carries the last value read.
    """
    deadline = _Deadline(within)
    while True:
        last_look = deadline.over
        value = read()
        if accept(value):
            return value
        if last_look:
            raise OutOfTimeError(value)
        time.sleep(min(every, deadline.left))


def stays(
    read: Callable[[], T], accept: Callable[[T], object], *, during: float, promise: str, every: float = EVERY
) -> T:
    """Read again and again for `during` seconds and return the last value; `accept` must say yes each time.

    Raises:
        UnmetError: `accept` said no to a value, which the message shows.
    """
    deadline = _Deadline(during)
    while True:
        last_look = deadline.over
        value = read()
        if not accept(value):
            seen = f"{value!r}, {during - deadline.left:.2f} s into the quiet time of {during:g} s."
            raise UnmetError(promise, seen, "find out who still acts on an event that is at rest.")
        if last_look:
            return value
        time.sleep(min(every, deadline.left))
