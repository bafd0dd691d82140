"""Ids in the order of times, so that a page of a list costs the same however long the list is."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

_MICROS = 1_000_000


def micros(second: float) -> int:
    """Return a time in the whole numbers in which times are compared."""
    return round(second * _MICROS)


class Times:
    """Times in their order, at eight bytes each."""

    def __init__(self) -> None:
        self._times = array("q")

    def add(self, second: float) -> None:
        """Add a time; one that is the latest costs least."""
        time = micros(second)
        if not self._times or time >= self._times[-1]:
            self._times.append(time)
        else:
            self._times.insert(bisect_right(self._times, time), time)

    def count(self, since: int, until: int) -> int:
        """Count the times in a range, both ends included."""
        return max(0, bisect_right(self._times, until) - bisect_left(self._times, since))


class TimeIndex:
    """Ids, each at its time; those of one time stand in the order of their texts, whichever way the list is read."""

    def __init__(self) -> None:
        self._times = array("q")
        self._ids: list[str] = []

    def add(self, second: float, key: str) -> None:
        """Add an id; one that is the latest costs least."""
        time = micros(second)
        if not self._times or time > self._times[-1]:
            self._times.append(time)
            self._ids.append(key)
            return
        place = bisect_right(self._times, time)
        while place and self._times[place - 1] == time and self._ids[place - 1] > key:
            place -= 1
        self._times.insert(place, time)
        self._ids.insert(place, key)

    def count(self, since: int, until: int) -> int:
        """Count the ids in a range of times, both ends included."""
        low, high = self._range(since, until)
        return max(0, high - low)

    def ascending(self, since: int, until: int, after: tuple[int, str] | None = None) -> Iterator[str]:
        """Yield the ids of a range, the earliest first, from behind a place that was reached before."""
        low, high = self._range(since, until)
        start = low if after is None else max(low, self._behind(*after))
        return (self._ids[place] for place in range(start, high))

    def descending(self, since: int, until: int, after: tuple[int, str] | None = None) -> Iterator[str]:
        """Yield the ids of a range, the latest first, from behind a place that was reached before."""
        low, high = self._range(since, until)
        if after is not None:
            time, _ = after
            high, end = min(high, bisect_left(self._times, time)), min(high, bisect_right(self._times, time))
            yield from (self._ids[place] for place in range(max(low, self._behind(*after)), end))
        while high > low:
            start = max(low, bisect_left(self._times, self._times[high - 1], low, high))
            yield from (self._ids[place] for place in range(start, high))
            high = start

    def _range(self, since: int, until: int) -> tuple[int, int]:
        return bisect_left(self._times, since), bisect_right(self._times, until)

    def _behind(self, time: int, key: str) -> int:
        """Find the place behind an id of a time, whether it is there or not."""
        low, high = self._range(time, time)
        return bisect_right(self._ids, key, low, high)
