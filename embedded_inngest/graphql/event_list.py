"""The list of events: filtered, newest first, page by page."""

import base64
from dataclasses import dataclass
from itertools import islice
from typing import Any, Self

from graphql import GraphQLError

from embedded_inngest import wire
from embedded_inngest.events import Event
from embedded_inngest.graphql.arguments import second, ulid
from embedded_inngest.graphql.views import View, Views
from embedded_inngest.state import State
from embedded_inngest.time_index import micros

MOST = 51
"""Events in one page at most."""

_PAGE = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class EventQuery:
    """What events are asked for, by when they were received, in microseconds; without names, all but internal ones."""

    since: int
    until: int
    names: frozenset[str]
    internal: bool

    @classmethod
    def read(cls, wanted: View, *, now: float) -> Self:
        """Read the filter; a search in the words of CEL is taken and, as on the real server, not heeded.

        Raises:
            GraphQLError: A time is none.
        """
        return cls(
            since=micros(second(wanted["from"])),
            until=micros(second(wanted["until"]) if wanted.get("until") else now),
            names=frozenset(wanted.get("eventNames") or ()),
            internal=bool(wanted["includeInternalEvents"]),
        )

    def admits(self, event: Event) -> bool:
        """Tell whether an event is asked for."""
        return (
            self.since <= micros(event.received_at) <= self.until
            and (not self.names or event.name in self.names)
            and (self.internal or not event.is_internal)
        )


@dataclass(frozen=True, slots=True)
class EventPages:
    """Lists the events of a state."""

    state: State
    views: Views

    def page(self, query: EventQuery, *, first: int, after: str | None) -> View:
        """Return a page and what there is to know about it.

        Raises:
            GraphQLError: The cursor is none.
        """
        size = first if 0 < first <= MOST else _PAGE
        matching = filter(query.admits, self.state.newest_events(_internal_id(after)))
        there = self.count(query) if after is None else size
        found = list(islice(matching, min(size, there)))
        edges = [{"node": self.views.event_v2(event), "cursor": _cursor(event)} for event in found]
        return {
            "edges": edges,
            "pageInfo": {
                "hasNextPage": len(edges) == first,
                "hasPreviousPage": after is not None,
                "startCursor": edges[0]["cursor"] if edges else None,
                "endCursor": edges[-1]["cursor"] if edges else None,
            },
            "totalCount": lambda _info: self.count(query),
        }

    def count(self, query: EventQuery) -> int:
        """Count all that match, whatever the page."""
        return self.state.event_list.count(query.since, query.until, names=query.names, internal=query.internal)


def _cursor(event: Event) -> str:
    return base64.b64encode(wire.text({"ID": event.internal_id}).encode()).decode()


def _internal_id(cursor: str | None) -> str | None:
    if not cursor:
        return None
    try:
        content: Any = wire.decode(wire.unwrapped(cursor))
        internal_id = str(content.get("ID") or "")
    except (ValueError, AttributeError) as error:
        raise GraphQLError(f"error decoding eventsv2 cursor: {error}") from None
    return ulid(internal_id, "error parsing eventsv2 cursor: ") if internal_id else None
