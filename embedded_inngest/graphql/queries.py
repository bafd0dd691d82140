"""The queries."""

from collections.abc import Callable
from itertools import islice, takewhile
from typing import Any

from graphql import GraphQLError

from embedded_inngest import gojson, wire
from embedded_inngest.clock import is_ulid
from embedded_inngest.engine import Engine
from embedded_inngest.events import Event
from embedded_inngest.graphql.arguments import NO_ROWS, refuse_given, ulid, uuid_of
from embedded_inngest.graphql.event_list import MOST, EventPages, EventQuery
from embedded_inngest.graphql.run_list import RunList, RunQuery
from embedded_inngest.graphql.views import View, Views, time
from embedded_inngest.runs import Run
from embedded_inngest.spans import Span
from embedded_inngest.traces import OutputId, OutputIdError

_HOUR = 60 * 60.0
_NO_CONNECTIONS = {
    "edges": [],
    "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
    "totalCount": 0,
}


class Queries:
    """Resolves the fields of Query; debugging is all that has none."""

    def __init__(self, engine: Engine) -> None:
        self._clock = engine.clock
        self._state = engine.state
        self._release = engine.options.release
        self._views = Views(engine.state, engine.queue, self._release)
        self._run_list = RunList(engine.state, self._views)
        self._event_pages = EventPages(engine.state, self._views)

    def fields(self) -> dict[str, Callable[..., Any]]:
        """Return the resolvers by field."""
        return {
            "apps": self._apps,
            "app": self._app,
            "stream": self._stream,
            "event": self._event,
            "events": self._events,
            "eventV2": self._event_v2,
            "eventsV2": self._events_v2,
            "functionBySlug": self._function_by_slug,
            "functions": self._functions,
            "functionRun": self._function_run,
            "runs": self._runs,
            "run": self._run,
            "runTraceSpanOutputByID": self._output,
            "runTrigger": self._run_trigger,
            "runTrace": self._run_trace,
            "debugRun": self._debug_run,
            "workerConnections": lambda _info, **_given: _NO_CONNECTIONS,
            "workerConnection": self._worker_connection,
        }

    def _apps(self, _info: Any, **given: Any) -> list[View]:
        method = (given.get("filter") or {}).get("method") or "SERVE"
        return [self._views.app(app) for app in self._state.apps] if method == "SERVE" else []

    def _app(self, _info: Any, **given: Any) -> View:
        app = self._state.apps.ever(uuid_of(given["id"]))
        if app is None:
            raise GraphQLError(NO_ROWS)
        return self._views.app(app)

    def _functions(self, _info: Any) -> list[View]:
        return [self._views.function(function) for function in self._state.apps.functions()]

    def _function_by_slug(self, _info: Any, **given: Any) -> View:
        function = self._state.apps.ever_of_slug(given["query"]["functionSlug"])
        if function is None:
            raise GraphQLError(NO_ROWS)
        return self._views.function(function)

    def _event(self, _info: Any, **given: Any) -> View:
        event = self._state.event(given["query"]["eventId"])
        if event is None:
            raise GraphQLError(NO_ROWS)
        return self._views.event(event)

    def _events(self, _info: Any, **_given: Any) -> list[View] | None:
        """List the newest events of an hour, or all, under their senders' ids; what is no ULID drops out."""
        newest = self._state.newest_events()
        if not self._release.lists_all:
            newest = islice(filter(self._is_recent, newest), MOST)
        named = [
            {**self._views.event(event), "id": event.id, "externalID": None} for event in newest if is_ulid(event.id)
        ]
        return sorted(named, key=lambda view: str(view["id"]), reverse=True) or None

    def _is_recent(self, event: Event) -> bool:
        return not event.is_internal and event.received_at >= self._clock.now() - _HOUR

    def _stream(self, _info: Any, **given: Any) -> list[View]:
        """List events with their runs, newest first: what started runs, and either internal events or the others."""
        query = given["query"]
        after, limit, internal = (
            query.get("after") or "",
            max(0, query["limit"]),
            bool(query.get("includeInternalEvents")),
        )
        newest = (
            event
            for event in takewhile(lambda one: one.internal_id > after, self._state.newest_events(query.get("before")))
            if event.is_internal == internal or self._state.kept_of_event(event.internal_id)
        )
        return [self._streamed(event) for event in islice(newest, limit)]

    def _streamed(self, event: Event) -> View:
        runs = self._state.runs_of_event(event.internal_id)
        cron = next((run.cron for run in runs if run.cron), None)
        return {
            "id": event.internal_id,
            "trigger": cron or event.name,
            "type": "CRON" if cron else "EVENT",
            "createdAt": time(event.ts / 1000),
            "runs": [self._views.function_run(run) for run in runs],
            "inBatch": any(run.batch_id for run in runs),
        }

    def _event_v2(self, _info: Any, **given: Any) -> View:
        event_id = ulid(given["id"])
        event = self._state.event(event_id)
        if event is None:
            raise GraphQLError(f"event not found: {event_id}")
        return self._views.event_v2(event)

    def _events_v2(self, _info: Any, **given: Any) -> View:
        query = EventQuery.read(given["filter"], now=self._clock.now())
        return self._event_pages.page(query, first=given["first"], after=given.get("after"))

    def _function_run(self, _info: Any, **given: Any) -> View:
        run_id = given["query"]["functionRunId"]
        if not run_id:
            raise GraphQLError("function run id is required")
        run = self._state.run(ulid(run_id, "invalid run ID: "))
        if run is None:
            raise GraphQLError("not found")
        return self._views.function_run(run)

    def _runs(self, _info: Any, **given: Any) -> View:
        preview, order_by = given.get("preview"), given["orderBy"]
        query = self._run_query(given, preview)
        page = self._run_list.page(query, first=given["first"], after=given.get("after"), order_by=order_by)

        def total(_info: Any, **asked: Any) -> int:
            return self._run_list.count(self._run_query(given, asked.get("preview")))

        return {**page, "totalCount": total}

    def _run_query(self, given: View, preview: bool | None) -> RunQuery:
        """Read what is asked for; it may be the preview of the next kind of lists if nothing else is said."""
        now = self._clock.now()
        preview = self._release.lists_previews if preview is None else preview
        return RunQuery.read(given["filter"], given["orderBy"], preview=preview, now=now)

    def _found_run(self, run_id: str) -> Run:
        run = self._state.run(ulid(run_id, "error parsing runID: "))
        if run is None:
            raise GraphQLError(f"error retrieving run: {NO_ROWS}")
        return run

    def _run(self, _info: Any, **given: Any) -> View:
        """Show a run by itself, where the real server does not look up what its event is called."""
        return {**self._views.run(self._found_run(given["runID"])), "eventName": None}

    def _run_trigger(self, _info: Any, **given: Any) -> View:
        return self._views.trigger(self._found_run(given["runID"]))

    def _run_trace(self, _info: Any, **given: Any) -> View:
        run = self._state.run(ulid(given["runID"], "error parsing runID: "))
        if run is None:
            raise GraphQLError(f"error retrieving trace: no root span found for run {'0' * 26}")
        return self._views.trace(run)

    @staticmethod
    def _debug_run(_info: Any, **given: Any) -> View:
        refuse_given(given["query"], "debugRunID")
        return {"debugTraces": None}

    @staticmethod
    def _worker_connection(_info: Any, **_given: Any) -> View:
        raise GraphQLError(f"error retrieving worker connection: {NO_ROWS}")

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
    return {"input": None, "data": span.data, "error": None} if span.output_span == span_id else None


def _error_view(text: str) -> View:
    if not wire.is_json(text):
        raise GraphQLError(f"error deserializing step error: {gojson.complaint(text.encode())}")
    error = wire.decode(text)
    fields = error if isinstance(error, dict) else {}
    message = str(fields.get("message") or "")
    return {
        "input": None,
        "data": None,
        "error": {
            "message": message,
            "name": fields.get("name"),
            "stack": fields.get("stack") if message else text,
            "cause": fields.get("cause"),
        },
    }
