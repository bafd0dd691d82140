"""The list of runs: filtered, in an order, page by page."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Self

from embedded_inngest import wire
from embedded_inngest.graphql.arguments import second, uuid_of
from embedded_inngest.graphql.search import Search
from embedded_inngest.graphql.views import View, Views
from embedded_inngest.runs import Run
from embedded_inngest.spans import LIVING, SKIPPED
from embedded_inngest.state import Ended, State
from embedded_inngest.time_index import TimeIndex, micros

_PAGE = 40
_MOST = 400
_FIELDS = {"QUEUED_AT": "queued_at", "STARTED_AT": "started_at", "ENDED_AT": "ended_at"}
_PREVIEWED = {"QUEUED_AT": "queued_at", "STARTED_AT": "queued_at", "ENDED_AT": "ended_at"}
_PREVIEW_CURSORS = {"queued_at": "start_time", "ended_at": "end_time"}
_NEWEST = {"field": "QUEUED_AT", "direction": "DESC"}

Place = tuple[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunQuery:
    """What runs are asked for, and in which order; times are in microseconds."""

    preview: bool
    field: str
    since: int
    until: int
    order: str
    newest_first: bool
    statuses: frozenset[str]
    functions: frozenset[str]
    apps: frozenset[str]
    nothing: bool
    search: Search | None

    @classmethod
    def read(cls, wanted: View, order_by: list[View], *, preview: bool, now: float) -> Self:
        """Read the arguments; the preview takes a run as begun when it is queued, and knows deferred runs.

        Raises:
            GraphQLError: One of them can't be read.
        """
        fields = _PREVIEWED if preview else _FIELDS
        order = order_by[0] if order_by else _NEWEST
        return cls(
            preview=preview,
            field=fields[wanted["timeField"]],
            since=micros(second(wanted["from"])),
            until=micros(second(wanted["until"]) if wanted.get("until") else now),
            order=fields[order["field"]],
            newest_first=order["direction"] == _NEWEST["direction"],
            statuses=frozenset(wanted.get("status") or ()) - {SKIPPED},
            functions=frozenset(map(uuid_of, wanted.get("functionIDs") or ())),
            apps=frozenset(map(uuid_of, wanted.get("appIDs") or ())),
            nothing=preview and bool(wanted.get("isDeferred")),
            search=Search.read(wanted["query"]) if wanted.get("query") else None,
        )

    @property
    def is_plain(self) -> bool:
        """Whether nothing but the time decides."""
        return not (self.statuses or self.functions or self.apps or self.search)


@dataclass(frozen=True, slots=True)
class RunList:
    """Lists the runs of a state."""

    state: State
    views: Views

    def page(self, query: RunQuery, *, first: int, after: str | None, order_by: list[View]) -> View:
        """Return a page and what there is to know about it."""
        size = first if 0 < first < _MOST else _PAGE
        ids = islice(self._matching(query, self._place(query, after)), size)
        found = [run for run in map(self.state.run, ids) if run]
        edges = [{"node": self._node(run, query), "cursor": _cursor(run, query, order_by)} for run in found]
        return {
            "edges": edges,
            "pageInfo": {
                "hasNextPage": len(edges) == size,
                "hasPreviousPage": False,
                "startCursor": edges[0]["cursor"] if edges else None,
                "endCursor": edges[-1]["cursor"] if edges else None,
            },
        }

    def count(self, query: RunQuery) -> int:
        """Count all that match, whatever the page."""
        if query.nothing:
            return 0
        if query.is_plain:
            return self._index(query.field).count(query.since, query.until)
        return sum(1 for _ in self._matching(query, None))

    def _node(self, run: Run, query: RunQuery) -> View:
        if not query.preview:
            return self.views.run(run)
        return {**self.views.run(run), "startedAt": wire.rfc3339(run.queued_at), "output": None}

    def _matching(self, query: RunQuery, after: Place | None) -> Iterator[str]:
        if query.nothing:
            return iter(())
        if query.statuses and query.statuses <= LIVING:
            candidates = self._living(query, after)
        else:
            candidates = self._ordered(query, after)
        return (run_id for run_id in candidates if self._admits(query, run_id))

    def _ordered(self, query: RunQuery, after: Place | None) -> Iterator[str]:
        since, until = (query.since, query.until) if query.order == query.field else (0, micros(1e11))
        index = self._index(query.order)
        return (index.descending if query.newest_first else index.ascending)(since, until, after)

    def _living(self, query: RunQuery, after: Place | None) -> Iterator[str]:
        """Yield what is under way, which is far less than what there ever was."""
        sign = -1 if query.newest_first else 1
        placed = ((_time(run, query.order), run.id) for run in self.state.live_runs())
        places = sorted((sign * time, run_id) for time, run_id in placed if time is not None)
        reached = None if after is None else (sign * after[0], after[1])
        return (place[1] for place in places if reached is None or place > reached)

    def _admits(self, query: RunQuery, run_id: str) -> bool:
        kept = self.state.kept(run_id)
        return (
            kept is not None
            and (not query.statuses or kept.status in query.statuses)
            and (not query.functions or kept.function.id in query.functions)
            and (not query.apps or kept.function.app_id in query.apps)
            and self._in_time(query, kept, run_id)
            and (query.search is None or query.search.finds(kept.events, lambda: self._output(run_id)))
        )

    def _in_time(self, query: RunQuery, kept: Run | Ended, run_id: str) -> bool:
        """Look at the time, if the order did not do so already."""
        if query.order == query.field and not isinstance(kept, Run):
            return True
        run = self.state.run(run_id)
        time = None if run is None else _time(run, query.field)
        return time is not None and query.since <= time <= query.until

    def _place(self, query: RunQuery, after: str | None) -> Place | None:
        """Find where the last page ended; a cursor that leads nowhere is none."""
        run = self.state.run(_run_of(after)) if after else None
        time = None if run is None else _time(run, query.order)
        return None if run is None or time is None else (time, run.id)

    def _index(self, field: str) -> TimeIndex:
        index: TimeIndex = getattr(self.state.orders, field)
        return index

    def _output(self, run_id: str) -> str | None:
        run = self.state.run(run_id)
        return None if run is None else run.output


def _time(run: Run, field: str) -> int | None:
    second = getattr(run, field)
    return None if second is None else micros(second)


def _cursor(run: Run, query: RunQuery, order_by: list[View]) -> str:
    """Write where a run stands, in the words of the table that the real server reads it from."""
    values = {}
    for order in order_by:
        field = (_PREVIEWED if query.preview else _FIELDS)[order["field"]]
        name = _PREVIEW_CURSORS[field] if query.preview else field
        time = _time(run, field) or 0
        values[name] = {"f": name, "v": time if query.preview else time // 1000}
    return base64.b64encode(wire.text({"id": run.id, "c": values}).encode()).decode()


def _run_of(cursor: str) -> str:
    try:
        return str(wire.decode(wire.unwrapped(cursor))["id"])
    except (ValueError, KeyError, TypeError):
        return ""
