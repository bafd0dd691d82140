"""What can be read and cancelled over `/v1`, `/v0/runs` and `/dev`."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import orjson

from embedded_inngest import wire
from embedded_inngest.clock import NO_ID, is_ulid
from embedded_inngest.engine import Engine
from embedded_inngest.errors import PublicError
from embedded_inngest.events import Event
from embedded_inngest.http import JSON, NOT_FOUND, TEXT, Request, Response, Router, json_response
from embedded_inngest.rest_cache import AnswerCache
from embedded_inngest.rest_views import (
    ENVIRONMENT,
    event_json,
    function_json,
    job_json,
    plain_function_json,
    run_json,
    start_options,
)
from embedded_inngest.runs import Run
from embedded_inngest.spans import SKIPPED

_DEFAULT_EVENTS = 20
_HOUR = 60 * 60.0
_MAX_EVENTS = 51
_MAX_JOBS = 10
_LONGEST_NUMBER = 18

_MODES = {
    "isSingleNodeService": False,
    "isMissingSigningKey": False,
    "isMissingEventKeys": False,
    "features": {"FEATURE_CEL_SEARCH": False, "enable-step-metadata": True, "run-details-v4": True},
}

_UNWRITABLE = object()

Read = Callable[[Request], tuple[Any, int]]


class RestApi:
    """Reads the state of an engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._state = engine.state
        self._release = engine.options.release
        self._environment = ENVIRONMENT if self._release.shows_environment else NO_ID
        self._cache = AnswerCache(engine.clock)

    def add_routes(self, router: Router) -> None:
        """Add every route of these APIs."""
        router.add("GET", "/dev", self._dev)
        for path, read in (
            ("/v1/events", self._events),
            ("/v1/events/{event}", self._event),
            ("/v1/events/{event}/runs", self._event_runs),
            ("/v1/runs/{run}", self._run),
            ("/v1/runs/{run}/jobs", self._run_jobs),
        ):
            router.add("GET", path, self._cached(read))
        router.add("DELETE", "/v1/runs/{run}", self._cancel)
        router.add("GET", "/v1/apps/{app}/functions", self._app_functions)
        router.add("DELETE", "/v0/runs/{run}", self._cancel_state)
        router.add("GET", "/v0/runs/{run}/actions", self._actions)
        router.add("GET", "/v0/runs/{run}/batch", self._batch)
        router.add("POST", "/v0/telemetry", lambda _: Response(200))

    def _cached(self, read: Read) -> Callable[[Request], Response]:
        """Answer as the real server does: stale for some seconds, and with status 200 even for errors."""

        def answer(request: Request) -> Response:
            key = f"{request.target} {request.headers.get('authorization', '')}"
            stale = self._cache.get(key)
            if stale is not None:
                return Response(200, stale, (TEXT,))
            try:
                data, seconds = read(request)
            except PublicError as error:
                return json_response(error.body(), 200, JSON)
            return self._fresh(key, data, seconds)

        return answer

    def _fresh(self, key: str, data: Any, seconds: int) -> Response:
        now = self._engine.clock.now()
        metadata = {"fetched_at": wire.rfc3339(now)}
        if not seconds:
            return json_response({"data": data, "metadata": metadata}, 200, JSON)
        metadata["cached_until"] = wire.rfc3339(now + seconds)
        age = ("cache-control", f"private, max-age={seconds}")
        if data is _UNWRITABLE:
            return Response(200, b"", (JSON, age))
        response = json_response({"data": data, "metadata": metadata}, 200, JSON, age)
        self._cache.put(key, response.body, seconds)
        return response

    def _events(self, request: Request) -> tuple[Any, int]:
        query = request.query
        limit = min(max(_whole(query.get("limit")) or _DEFAULT_EVENTS, 1), _MAX_EVENTS)
        cursor = query.get("cursor")
        if cursor and not is_ulid(cursor):
            raise PublicError(400, "Invalid cursor query parameter")
        now = self._engine.clock.now()
        after, before = _second(query.get("received_after"), now - _HOUR), _second(query.get("received_before"), now)
        wanted = (
            event
            for event in self._state.newest_events(cursor.upper() if cursor else None)
            if (not event.is_internal or self._release.lists_all)
            and event.name == (query.get("name") or event.name)
            and after <= event.received_at <= before
        )
        return [self._shown(event) for event in islice(wanted, limit)], 0

    def _event(self, request: Request) -> tuple[Any, int]:
        event = self._state.event(_event_id(request))
        if event is None:
            raise PublicError(404, "Event not found")
        return self._shown(event), 5

    def _shown(self, event: Event) -> dict[str, Any]:
        if self._release.shows_environment:
            return event_json(event)
        return event_json(event, NO_ID, NO_ID)

    def _event_runs(self, request: Request) -> tuple[Any, int]:
        runs = self._state.runs_of_event(_event_id(request))
        shown = [run_json(run, NO_ID) for run in runs]
        return self._writable(shown, *runs), self._release.run_list_cached

    def _run(self, request: Request) -> tuple[Any, int]:
        run = self._found_run(request)
        return self._writable(run_json(run, self._environment, queued="Running"), run), 3

    def _writable(self, shown: Any, *runs: Run) -> Any:
        """Return what is shown of runs; the output of each must be JSON."""
        if self._release.plain_errors and not all(wire.is_json(run.listed_output or "null") for run in runs):
            return _UNWRITABLE
        return shown

    def _run_jobs(self, request: Request) -> tuple[Any, int]:
        run = self._found_run(request)
        places = self._places(run.function.id)
        jobs = self._engine.queue.jobs_of(run.id)[:_MAX_JOBS]
        return [job_json(places.get(queued.job.id, 0), queued) for queued in jobs], 5

    def _places(self, function_id: str) -> dict[str, int]:
        """Return how many of a function's jobs are in line before each."""
        state = self._engine.state
        waiting = [(state.live_run(queued.job.run_id), queued) for queued in self._engine.queue.waiting()]
        line = [queued for run, queued in waiting if run is not None and run.function.id == function_id]
        line.sort(key=lambda queued: queued.turn.order)
        return {queued.job.id: place for place, queued in enumerate(line)}

    def _found_run(self, request: Request, status: int = 500) -> Run:
        run_id = _run_id(request)
        run = self._state.run(run_id)
        if run is None or run.status == SKIPPED:
            raise PublicError(status, f"Unable to load function run: {run_id}")
        return run

    def _cancel(self, request: Request) -> Response:
        run = self._found_run(request, 404)
        if not run.ended:
            self._engine.executor.cancel(run)
        return Response(200, b"", (JSON,))

    def _cancel_state(self, request: Request) -> Response:
        run = self._state.live_run(_state_id(request))
        if run is None:
            raise PublicError(404, "A function run with the given ID could not be found")
        self._engine.executor.cancel(run)
        return Response(204)

    def _app_functions(self, request: Request) -> Response:
        app = self._state.apps.by_name(request.names["app"])
        functions = self._state.apps.functions_of(app) if app else []
        if self._release.lists_by_slug:
            functions.sort(key=lambda function: function.id)
        show = function_json if self._release.shows_archive else plain_function_json
        return json_response([show(function) for function in functions], 200, JSON)

    def _live_run(self, request: Request) -> Run:
        run_id = _state_id(request)
        run = self._state.live_run(run_id)
        if run is None:
            raise PublicError(410, f"runtime state is no longer available for runID: {run_id}")
        return run

    def _actions(self, request: Request) -> Response:
        run = self._live_run(request)
        return json_response({step_id: orjson.Fragment(value) for step_id, value in run.steps.items()}, 200, TEXT)

    def _batch(self, request: Request) -> Response:
        run = self._live_run(request)
        return json_response([orjson.Fragment(event.body) for event in run.events], 200, TEXT)

    def _dev(self, _: Request) -> Response:
        if self._engine.options.signing_key:
            return NOT_FOUND
        info = {
            "version": self._release.version,
            "authed": False,
            "startOpts": start_options(self._engine.options),
            "functions": [function.config for function in self._state.apps.functions()],
            "handlers": None,
            **(_MODES if self._release.shows_modes else {}),
        }
        return json_response(info, 200, ("content-type", "application/json; charset=utf-8"))


def _event_id(request: Request) -> str:
    return _checked_ulid(request.names["event"], "Invalid event ID")


def _run_id(request: Request) -> str:
    return _checked_ulid(request.names["run"], "Invalid run ID")


def _state_id(request: Request) -> str:
    if not is_ulid(request.names["run"]):
        raise PublicError(400, "The run ID specified is invalid")
    return request.names["run"].upper()


def _checked_ulid(text: str, complaint: str) -> str:
    if not is_ulid(text):
        raise PublicError(400, f"{complaint}: {text}")
    return text.upper()


def _whole(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else 0


def _second(text: str | None, default: float) -> float:
    if not text:
        return default
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise PublicError(400, "Invalid received_after query parameter") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
