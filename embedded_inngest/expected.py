"""Who waits for an event, found by the value that a condition asks for, so that not everybody is asked each time."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from embedded_inngest.expressions import parsed

if TYPE_CHECKING:
    from lark import Tree

T = TypeVar("T")
Path: TypeAlias = tuple[str, ...]
Key: TypeAlias = tuple[str, str]
Place: TypeAlias = tuple[Path, str | float]
"""A field of the event that is waited for, and the value that it must have."""

_KNOWN_CONDITIONS = 1024


@dataclass(frozen=True, slots=True)
class _Equality:
    """That a field of the event that comes, `asked`, equals one of the event that came before."""

    known: Path
    asked: Path


def place_of(condition: str | None, event: dict[str, Any]) -> Place | None:
    """Return what an event must have at least to meet a condition; None where that can't be told."""
    equality = _equality(condition) if condition else None
    value = _field(event, equality.known) if equality else None
    return (equality.asked, value) if equality and isinstance(value, str | float | int) else None


class Expected(Generic[T]):
    """Those who wait for events of one name, first come first found."""

    def __init__(self) -> None:
        self._numbers = count()
        self._places: dict[Key, Place | None] = {}
        self._waiting: dict[Place | None, dict[Key, tuple[int, T]]] = {}
        self._paths: Counter[Path] = Counter()

    def __bool__(self) -> bool:
        return bool(self._places)

    def add(self, key: Key, item: T, place: Place | None) -> None:
        """Let somebody wait, for any event of the name, or for one with a value in a place."""
        self._places[key] = place
        self._waiting.setdefault(place, {})[key] = next(self._numbers), item
        if place is not None:
            self._paths[place[0]] += 1

    def remove(self, key: Key) -> None:
        """Let somebody wait no longer."""
        if key not in self._places:
            return
        place = self._places.pop(key)
        of_place = self._waiting[place]
        del of_place[key]
        if not of_place:
            del self._waiting[place]
        if place is not None:
            self._paths[place[0]] -= 1
            self._paths += Counter()

    def candidates(self, event: dict[str, Any]) -> list[T]:
        """Return those for whom an event may be; whether it is, their conditions tell."""
        places: list[Place | None] = [None, *self._places_in(event)]
        found = [entry for place in places for entry in self._waiting.get(place, {}).values()]
        return [item for _, item in sorted(found, key=lambda entry: entry[0])]

    def _places_in(self, event: dict[str, Any]) -> Iterator[Place]:
        for path in self._paths:
            value = _field(event, path)
            if isinstance(value, str | float | int):
                yield path, value


def _field(event: Any, path: Path) -> Any:
    for name in path:
        event = event.get(name) if isinstance(event, dict) else None
    return event


@lru_cache(_KNOWN_CONDITIONS)
def _equality(condition: str) -> _Equality | None:
    """Find an equality of two events' fields that must hold whatever else is asked."""
    return next(filter(None, map(_of_relation, _demands(parsed(condition)))), None)


def _demands(part: "Tree[Any]") -> Iterator["Tree[Any]"]:
    """Yield the relations that must all hold."""
    if part.data == "relation" and len(part.children) > 1:
        yield part
    elif len(part.children) == 1 or part.data == "conditionaland":
        for child in part.children:
            if not isinstance(child, str):
                yield from _demands(child)


def _of_relation(relation: "Tree[Any]") -> _Equality | None:
    operator, right = relation.children
    if operator.data != "relation_eq":
        return None
    sides = dict(filter(None, (_path(operator.children[0]), _path(right))))
    return _Equality(sides["event"], sides["async"]) if sides.keys() == {"event", "async"} else None


def _path(part: "Tree[Any]") -> tuple[str, Path] | None:
    """Return of which event a part is which field; None for whatever else it is."""
    names: list[str] = []
    while part.data == "member_dot" or (len(part.children) == 1 and part.data != "ident"):
        if part.data == "member_dot":
            names.append(str(part.children[1]))
        if isinstance(part.children[0], str):
            return None
        part = part.children[0]
    return (str(part.children[0]), tuple(reversed(names))) if part.data == "ident" else None
