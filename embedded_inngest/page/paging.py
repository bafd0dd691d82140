"""Lists, a page at a time: only what stands on the page is looked at closely."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

SIZE = 50
"""Lines of a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Generic[T]):
    """One page of a list; `older` is the id after which the next page begins, if there is one."""

    items: tuple[tuple[str, T], ...]
    older: str | None


def listed(
    newest_first: Iterable[tuple[str, T]],
    is_wanted: Callable[[T], bool],
    *,
    before: str | None = None,
    size: int = SIZE,
) -> Listing[T]:
    """Take a page of those that are wanted, from the newest on, or from the one that follows the id `before`."""
    items: list[tuple[str, T]] = []
    reached = not before
    for each_id, each in newest_first:
        if reached and is_wanted(each):
            if len(items) == size:
                return Listing(items=tuple(items), older=items[-1][0])
            items.append((each_id, each))
        reached = reached or each_id == before
    return Listing(items=tuple(items), older=None)
