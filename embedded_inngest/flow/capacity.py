"""How much may be under way at once: what is taken of each limit, and who waits in line for it."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from typing import Generic, Literal, NamedTuple, Protocol, TypeVar

Item = TypeVar("Item")

Holder = Literal["step", "run", "pace"]
"""Who holds on to a place: one request, a run from its first request to its end, or nobody, as time gives it back."""

Sizes = Mapping[str, int]
"""How much each limit of a function has room for, by the limit's name."""


class Key(NamedTuple):
    """What counts together: a limit, and what its expression made of an event.

    Attributes:
        limit: Name of the limit.
        value: What the expression made of the event; empty where there is none.
        held_by: Who holds on to a place.
    """

    limit: str
    value: str = ""
    held_by: Holder = "step"


class Turn(NamedTuple):
    """Whose turn it is: the lower the order the earlier, as soon as there is room for every key.

    Attributes:
        order: The time since which it would be one's turn; who needs room stands in line from then on.
        function_id: Whose limits count.
        keys: What there must be room for.
        delay: Seconds for which one is put off who is new.
    """

    order: float = 0.0
    function_id: str = ""
    keys: tuple[Key, ...] = ()
    delay: float = 0.0


class Paces(Protocol):
    """Says what time gives room for; whoever found none is called when there is some again."""

    def has_room(self, key: Key, function_id: str) -> bool:
        """Tell whether there is room for a key of a function now."""

    def take(self, key: Key, function_id: str) -> None:
        """Take room for a key."""


class AnyPace:
    """Has room at any time."""

    def has_room(self, _key: Key, _function_id: str) -> bool:
        """Have room."""
        return True

    def take(self, _key: Key, _function_id: str) -> None:
        """Count nothing."""


ANY_PACE = AnyPace()


@dataclass(slots=True, eq=False)
class _Lane(Generic[Item]):
    """Those of one function who need room for the same keys: who is behind the first need not be looked at.

    Attributes:
        ticket: Number of the only place in a line that counts; earlier ones are void.
    """

    function_id: str
    keys: tuple[Key, ...]
    waiting: list[tuple[float, int, Item]] = field(default_factory=list)
    ticket: int = -1

    def place(self) -> "_Place[Item]":
        """Return its place in a line: that of its first."""
        order, number, _ = self.waiting[0]
        return order, number, self.ticket, self


_Place = tuple[float, int, int, _Lane[Item]]


class Lines(Generic[Item]):
    """Says who is next. A lane that finds no room waits at one key that is full, until somebody leaves it.

    So whoever leaves looks at the first of those who wait there, and never at all of them.

    Args:
        sizes: How much the limits of a function have room for, as it is registered now.
        is_wanted: Whether an item is still to be done.
        paces: What time gives room for.
    """

    def __init__(
        self, sizes: Callable[[str], Sizes], is_wanted: Callable[[Item], bool], paces: Paces = ANY_PACE
    ) -> None:
        self._sizes = sizes
        self._is_wanted = is_wanted
        self._paces = paces
        self._numbers = count()
        self._ready: list[tuple[float, int, int, Item | _Lane[Item]]] = []
        self._lanes: dict[tuple[str, tuple[Key, ...]], _Lane[Item]] = {}
        self._full: dict[Key, dict[str, list[_Place[Item]]]] = {}
        self._taken: dict[Key, int] = {}

    def join(self, item: Item, turn: Turn) -> None:
        """Take a place in line, behind those of the same order."""
        number = next(self._numbers)
        if not turn.keys:
            heappush(self._ready, (turn.order, number, number, item))
            return
        needs = turn.function_id, turn.keys
        lane = self._lanes.get(needs)
        if lane is None:
            lane = self._lanes[needs] = _Lane(*needs)
        heappush(lane.waiting, (turn.order, number, item))
        if lane.waiting[0][1] == number:
            self._offer(lane)

    def next(self) -> Item | None:
        """Return whose turn it is, with room taken for its keys; None when nobody can go on now."""
        while self._ready:
            _, _, ticket, found = heappop(self._ready)
            if isinstance(found, _Lane):
                item = self._first_of(found) if found.ticket == ticket else None
                if item is not None:
                    return item
            elif self._is_wanted(found):
                return found
        return None

    def take(self, key: Key) -> None:
        """Take room for a key, whether there is any or not."""
        self._taken[key] = self._taken.get(key, 0) + 1

    def leave(self, key: Key) -> None:
        """Give back room for a key, if any is taken."""
        left = self._taken.pop(key, 0) - 1
        if left > 0:
            self._taken[key] = left
        self.call(key)

    def call(self, key: Key) -> None:
        """Call the first of each function that waits at a key, if there is room for it."""
        lines = self._full.get(key, {})
        for function_id in [one for one in lines if self._has_room(key, one)]:
            self._call_first(lines[function_id])
            if not lines[function_id]:
                del lines[function_id]
        if not lines:
            self._full.pop(key, None)

    def look_again(self) -> None:
        """Let those go on for whom there is room now that limits are others."""
        for key in list(self._full):
            self.call(key)

    def _first_of(self, lane: _Lane[Item]) -> Item | None:
        """Return the first of a lane if there is room for it; whatever becomes of it, others may find room too."""
        while lane.waiting and not self._is_wanted(lane.waiting[0][2]):
            heappop(lane.waiting)
        item = self._let_in(lane) if lane.waiting else None
        if not lane.waiting:
            self._lanes.pop((lane.function_id, lane.keys), None)
        for key in lane.keys:
            self.call(key)
        return item

    def _let_in(self, lane: _Lane[Item]) -> Item | None:
        full = next((key for key in lane.keys if not self._has_room(key, lane.function_id)), None)
        if full is not None:
            heappush(self._full.setdefault(full, {}).setdefault(lane.function_id, []), lane.place())
            return None
        for key in lane.keys:
            self._take(key, lane.function_id)
        item = heappop(lane.waiting)[2]
        if lane.waiting:
            self._offer(lane)
        return item

    def _take(self, key: Key, function_id: str) -> None:
        if key.held_by == "pace":
            self._paces.take(key, function_id)
        else:
            self.take(key)

    def _has_room(self, key: Key, function_id: str) -> bool:
        if key.held_by == "pace":
            return self._paces.has_room(key, function_id)
        return self._taken.get(key, 0) < self._sizes(function_id).get(key.limit, math.inf)

    def _call_first(self, line: list[_Place[Item]]) -> None:
        while line:
            _, _, ticket, lane = heappop(line)
            if lane.ticket == ticket:
                self._offer(lane)
                return

    def _offer(self, lane: _Lane[Item]) -> None:
        """Let a lane be looked at; wherever else it stands in line, that place is void."""
        lane.ticket = next(self._numbers)
        heappush(self._ready, lane.place())
