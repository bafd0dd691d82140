"""The Inngest server as the suite sees it: events, runs and functions.

The endpoints are those that servers v0.29.9 and v1.43.0 really have (docs of both disagree with the setup guide:
`/v0/functions` does not exist). Runs are read by GraphQL, because answers of `/v1` are cached for up to 15 s.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx

from harness.clients.http import Http
from harness.clients.inngest_answers import (
    QUEUED,
    App,
    Function,
    Reply,
    Run,
    Span,
    Step,
    fields_of,
    function_of,
    listed_runs,
    parsed,
    reply_of,
    result_of,
    spans_of,
    steps_of,
)
from harness.errors import SetupError
from harness.waiters import OutOfTimeError, until

LOOK_EVERY = 0.02
"""Seconds between two questions to Inngest, which cannot push."""

_RUNS_OF_EVENT = "query($id: ID!) { event(query: {eventId: $id}) { functionRuns { id status function { slug } } } }"
_RUNS_OF_ONE = "%s: event(query: {eventId: %s}) { functionRuns { id status startedAt function { slug } } }"
_AT_WORK = """query($since: Time!) { runs(first: 1, orderBy: [{field: QUEUED_AT, direction: DESC}],
  filter: {from: $since, timeField: QUEUED_AT, status: [QUEUED, RUNNING]}) { edges { node { id } } } }"""
_RUN = """query($id: String!) { run(runID: $id) { status output queuedAt startedAt endedAt function { slug }
  trace%s { endedAt ...span childrenSpans { ...span childrenSpans { ...span } } } } }
  fragment span on RunTraceSpan { name status attempts stepOp outputID }"""
_RUNS_SINCE = """query($since: Time!) { runs(first: 100, orderBy: [{field: QUEUED_AT, direction: DESC}],
  filter: {from: $since, timeField: QUEUED_AT}) { edges { node { id } } } }"""
_TRIGGER = "query($id: String!) { runTrigger(runID: $id) { payloads } }"
_STEP_OUTPUT = "query($id: String!) { runTraceSpanOutputByID(outputID: $id) { data error { message name stack } } }"
_FUNCTIONS = "{ functions { id slug name config url triggers { type value } app { name url connected error } } }"
_APPS = "{ apps { name url connected error } }"
_INVOKE = "mutation($data: Map, $slug: String!) { invokeFunction(data: $data, functionSlug: $slug) }"
_RERUN = "mutation($id: ULID!) { rerun(runID: $id) }"
_REPLAYED = ("name", "data", "user", "v")
_NOT_THERE = ("sql: no rows in result set", "no function run span found")


class InngestClient:
    """Speaks to one Inngest server.

    Args:
        base_url: Where it listens.
        event_key: Key under which events are published.
        signing_key: Opens the API of a server in signed mode; empty in dev mode.
    """

    def __init__(self, base_url: str, event_key: str, signing_key: str = "") -> None:
        self.http = Http("Inngest", base_url, {"authorization": f"Bearer {signing_key}"} if signing_key else None)
        self._event_key = event_key
        self._previews = True

    def version(self) -> str:
        """Return the version that a server in dev mode says it has; empty where none is told, as in signed mode."""
        answer = self.http.get("/dev")
        return str(fields_of(answer).get("version", "")) if answer.is_success else ""

    def send(self, event: Mapping[str, Any] | Sequence[Mapping[str, Any]], *, key: str | None = None) -> Reply:
        """Publish one event, or several as one batch; under another key than the stack's, if one is given."""
        return self.send_raw(json.dumps(event, ensure_ascii=False).encode(), key=key)

    def send_raw(self, body: bytes, *, key: str | None = None) -> Reply:
        """Publish exactly these bytes, malformed or not."""
        path = f"/e/{self._event_key if key is None else key}"
        return reply_of(self.http.post(path, content=body, headers={"content-type": "application/json"}))

    def event(self, event_id: str) -> dict[str, Any] | None:
        """Return the stored event of Inngest's id `event_id`, None when there is none."""
        found = self._read(f"/v1/events/{event_id}")
        return dict(found) if found else None

    def events(self, *, name: str | None = None, limit: int = 50) -> list[dict[str, Any]]:
        """Return the newest stored events."""
        query = {"limit": limit} | ({"name": name} if name else {})
        return list(self._read("/v1/events", **query) or ())

    def runs_of(self, event_id: str) -> tuple[Run, ...]:
        """Return the runs that an event started, each with its status alone."""
        return listed_runs(self._ask(_RUNS_OF_EVENT, or_nothing=True, id=event_id).get("event") or {})

    def runs_of_each(self, event_ids: Sequence[str], *, at_once: int = 50) -> dict[str, tuple[Run, ...]]:
        """Return the runs of many events, each with its status and start; `at_once` events in one request."""
        runs: dict[str, tuple[Run, ...]] = {}
        for first in range(0, len(event_ids), at_once):
            names = {f"e{place}": each for place, each in enumerate(event_ids[first : first + at_once])}
            query = " ".join(_RUNS_OF_ONE % (name, json.dumps(each)) for name, each in names.items())
            found = self._ask(f"{{ {query} }}", or_nothing=True)
            runs |= {each: listed_runs(found.get(name) or {}) for name, each in names.items()}
        return runs

    def at_work(self, since: datetime) -> bool:
        """Tell whether any run queued since a moment, of whatever function, has not ended."""
        return bool(self._ask(_AT_WORK, since=since.isoformat())["runs"]["edges"])

    def run(self, run_id: str) -> Run:
        """Return a run with its output and its steps, as far as they are stored.

        v1.43.0 lists a run before it can be read, says that it has ended before its output is there, and gives an error
        for a trace that is not (measured: each about 50 ms).
        """
        run = self._run_of(run_id)
        if not run:
            return Run(id=run_id, slug="", status=QUEUED)
        trace = run["trace"] or {}
        shown = trace.get("childrenSpans") or ()
        return Run(
            id=run_id,
            slug=run["function"]["slug"],
            status=run["status"],
            started=_moment(run["startedAt"]),
            finished=_moment(run["endedAt"]),
            output=result_of(parsed(run["output"])),
            spans=tuple(spans_of(shown)),
            steps=tuple(steps_of(shown)),
            traced=bool(trace.get("endedAt")),
        )

    def _run_of(self, run_id: str) -> dict[str, Any] | None:
        """Ask for a run and its trace, in the preview where there is one: v1.43.0 shows reported steps there alone."""
        query = _RUN % ("(preview: true)" if self._previews else "")
        try:
            found: dict[str, Any] | None = self._ask(query, or_nothing=True, id=run_id).get("run")
        except SetupError as error:
            if not self._previews or "preview" not in error.seen.partition("(query")[0]:
                raise
            self._previews = False  # v0.29.9 knows none
            return self._run_of(run_id)
        return found

    def settled_run(self, run_id: str, *, within: float) -> Run:
        """Wait until a run that has ended can be read with output and steps; give what there is when time is over."""
        try:
            return until(lambda: self.run(run_id), lambda run: run.settled, within=within, every=LOOK_EVERY)
        except OutOfTimeError:
            return self.run(run_id)

    def runs_since(self, moment: datetime) -> tuple[str, ...]:
        """Return the ids of the runs queued since a moment, of whatever function: the newest hundred, newest first."""
        edges = self._ask(_RUNS_SINCE, since=moment.isoformat())["runs"]["edges"]
        return tuple(edge["node"]["id"] for edge in edges)

    def payloads_of(self, run_id: str) -> tuple[str, ...]:
        """Return the events that started a run, internal ones included, as JSON texts."""
        return tuple(self._ask(_TRIGGER, id=run_id)["runTrigger"]["payloads"])

    def step_output(self, span: Span) -> Any:
        """Return what a step left for everybody to read: its data, or its error."""
        if span.output_id is None:
            return None
        found = self._ask(_STEP_OUTPUT, id=span.output_id)["runTraceSpanOutputByID"]
        return found["error"] or parsed(found["data"])

    def steps_of(self, run: Run) -> tuple[Step, ...]:
        """Return the steps of a run that was read, each with what it left."""
        return tuple(
            Step(name=each.name, op=each.op or "", status=each.status, attempts=each.attempts, output=output)
            for each in run.steps
            for output in [self.step_output(each)]
        )

    def functions(self) -> tuple[Function, ...]:
        """Return every registered function."""
        return tuple(function_of(entry) for entry in self._ask(_FUNCTIONS)["functions"] or ())

    def apps(self) -> tuple[App, ...]:
        """Return every app that this server knows."""
        found = self._ask(_APPS)["apps"] or ()
        return tuple(
            App(name=app["name"] or "", url=app["url"] or "", connected=app["connected"], error=app["error"])
            for app in found
        )

    def invoke(self, slug: str, data: Mapping[str, Any]) -> Reply:
        """Run a function directly, past its triggers; the reply's first id is that of the internal event."""
        answer = self.http.post(f"/invoke/{slug}", json={"data": data})
        fields = fields_of(answer)
        ids = (str(fields["id"]),) if fields.get("id") else ()
        return Reply(status=answer.status_code, ids=ids, error=fields.get("error"))

    def invoke_in_ui(self, slug: str, data: Mapping[str, Any]) -> None:
        """Run a function as the button of the user interface does, which is not told what came of it."""
        self._ask(_INVOKE, slug=slug, data=data)

    def rerun(self, run_id: str) -> str:
        """Run a function again with the events of an earlier run, and return the id of the new one."""
        return str(self._ask(_RERUN, id=run_id)["rerun"])

    def replay(self, event_id: str) -> Reply:
        """Publish what an event of Inngest's id `event_id` carries once more, as a new event.

        Raises:
            SetupError: There is no such event.
        """
        event = self.event(event_id)
        if event is None:
            raise SetupError(f"a stored event {event_id} to be replayed.", "Inngest has none.", "wait until it has.")
        return self.send({key: event[key] for key in _REPLAYED if event.get(key)})

    def _ask(self, query: str, *, or_nothing: bool = False, **variables: Any) -> dict[str, Any]:
        answer = self.http.post("/v0/gql", json={"query": query, "variables": variables})
        fields = fields_of(answer)
        errors = [each for each in fields.get("errors") or () if not (or_nothing and _is_missing(each))]
        if errors or "data" not in fields:
            raise SetupError(
                "Inngest to answer a GraphQL query.",
                f"{errors or _start_of(answer)} (query: {' '.join(query.split())[:120]}).",
                "see which version of Inngest this is; versions 0.29 and 1.43 are known to work.",
            )
        return dict(fields["data"] or {})

    def _read(self, path: str, **query: Any) -> Any:
        """Return the data of an answer of `/v1`; v1.43.0 may say 404 in the body alone."""
        answer = self.http.get(path, params=query)
        fields = fields_of(answer)
        if "data" not in fields:
            raise SetupError(
                f"Inngest to answer GET {path} with data.",
                f"{_start_of(answer)}.",
                "see what listens there, and whether the signing key is that server's.",
            )
        return fields["data"]


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _start_of(answer: httpx.Response) -> str:
    return f"{answer.status_code} {' '.join(answer.text.split())[:120]!r}"


def _is_missing(error: Mapping[str, Any]) -> bool:
    """Tell GraphQL's errors for what is not there, or not yet, from others."""
    return any(words in str(error.get("message")) for words in _NOT_THERE)
