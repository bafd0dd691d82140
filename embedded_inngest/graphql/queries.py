"""The queries."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from graphql import GraphQLError

from embedded_inngest import wire
from embedded_inngest.clock import is_ulid
from embedded_inngest.engine import Engine
from embedded_inngest.graphql.views import View, Views
from embedded_inngest.runs import Run
from embedded_inngest.spans import SKIPPED, Span
from embedded_inngest.traces import OutputId, OutputIdError

_MAX_EVENTS = 51
_MAX_RUNS = 400
_NO_ROWS = "sql: no rows in result set"
_TIME_FIELDS = {"QUEUED_AT": "queued_at", "STARTED_AT": "started_at", "ENDED_AT": "ended_at"}


class Queries:
    """Resolves the fields of Query."""

    def __init__(self, engine: Engine) -> None:
        self._state = engine.state
        self._views = Views(engine.state, engine.options.release)

    def fields(self) -> dict[str, Callable[..., Any]]:
        """Return the resolvers by field."""
        return {
            "apps": self._apps,
            "app": self._app,
            "event": self._event,
            "events": self._events,
            "functionBySlug": self._function_by_slug,
            "functions": self._functions,
            "runs": self._runs,
            "run": self._run,
            "runTraceSpanOutputByID": self._output,
            "runTrigger": self._run_trigger,
        }

    def _apps(self, _info: Any) -> list[View]:
        return [self._views.app(app) for app in self._state.apps]

    def _app(self, _info: Any, **given: Any) -> View:
        app = self._state.apps.by_id(given["id"])
        if app is None:
            raise GraphQLError(_NO_ROWS)
        return self._views.app(app)

    def _functions(self, _info: Any) -> list[View]:
        return [self._views.function(function) for function in self._state.apps.functions()]

    def _function_by_slug(self, _info: Any, **given: Any) -> View:
        function = self._state.apps.invocable(given["query"]["functionSlug"])
        if function is None:
            raise GraphQLError(_NO_ROWS)
        return self._views.function(function)

    def _event(self, _info: Any, **given: Any) -> View:
        event = self._state.event(given["query"]["eventId"])
        if event is None:
            raise GraphQLError(_NO_ROWS)
        return self._views.event(event)

    def _events(self, _info: Any, **_given: Any) -> list[View] | None:
        """List the newest events under their senders' ids; as on the real server, ids that are no ULID drop out."""
        newest = [event for event in self._state.newest_events() if not event.is_internal][:_MAX_EVENTS]
        named = [{**self._views.event(event), "id": event.id} for event in newest if is_ulid(event.id)]
        return sorted(named, key=lambda view: str(view["id"]), reverse=True) or None

    def found_run(self, run_id: str) -> Run:
        """Find a run.

        Raises:
            GraphQLError: there is none.
        """
        run = self._state.run(run_id)
        if run is None:
            raise GraphQLError(f"error retrieving run: {_NO_ROWS}")
        return run

    def _run(self, _info: Any, **given: Any) -> View:
        return self._views.run(self.found_run(given["runID"]))

    def _run_trigger(self, _info: Any, **given: Any) -> View:
        return self._views.trigger(self.found_run(given["runID"]))

    def _runs(self, _info: Any, **given: Any) -> View:
        order = given["orderBy"][0] if given["orderBy"] else {"field": "QUEUED_AT", "direction": "DESC"}
        found = sorted(
            self._filtered(given["filter"]),
            key=lambda run: (getattr(run, _TIME_FIELDS[order["field"]]) or 0.0, run.id),
            reverse=order["direction"] == "DESC",
        )
        ids = [run.id for run in found]
        start = ids.index(given["after"]) + 1 if given.get("after") in ids else 0
        page = found[start : start + min(given["first"], _MAX_RUNS)]
        return {
            "edges": [{"node": self._views.run(run), "cursor": run.id} for run in page],
            "pageInfo": {
                "hasNextPage": start + len(page) < len(found),
                "hasPreviousPage": False,
                "startCursor": page[0].id if page else None,
                "endCursor": page[-1].id if page else None,
            },
            "totalCount": len(found),
        }

    def _filtered(self, wanted: dict[str, Any]) -> Iterator[Run]:
        field = _TIME_FIELDS[wanted["timeField"]]
        since, until = _second(wanted["from"]), _second(wanted.get("until") or "9999-12-31")
        for run in self._state.newest_runs():
            at = getattr(run, field)
            if (
                at is not None
                and since <= at <= until
                and run.status != SKIPPED
                and run.status in (wanted.get("status") or [run.status])
                and run.function.id in (wanted.get("functionIDs") or [run.function.id])
                and run.function.app_id in (wanted.get("appIDs") or [run.function.app_id])
            ):
                yield run

    def _output(self, _info: Any, **given: Any) -> View:
        try:
            wanted = OutputId.parse(given["outputID"])
        except OutputIdError as error:
            raise GraphQLError(str(error)) from None
        for run in self._state.runs_of_trace(wanted.trace_id):
            for span in run.spans:
                view = _output_view(span, wanted.span_id)
                if view is not None:
                    return view
        raise GraphQLError("no output found")


def _output_view(span: Span, span_id: str) -> View | None:
    """Show the output of a span or the error of one of its attempts, if it is found there."""
    errors = [one.error for one in span.attempts if one.span_id == span_id and one.error is not None]
    if errors or (span.output_span == span_id and span.error is not None):
        return _error_view(errors[0] if errors else str(span.error))
    return {"data": span.data, "error": None} if span.output_span == span_id else None


def _error_view(text: str) -> View:
    error = wire.decode(text)
    fields = error if isinstance(error, dict) else {}
    message = str(fields.get("message") or "")
    return {
        "data": None,
        "error": {
            "message": message,
            "name": fields.get("name"),
            "stack": fields.get("stack") if message else text,
        },
    }


def _second(text: str) -> float:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise GraphQLError(f"error parsing time: {error}") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
