"""The Inngest server as the suite sees it: events, runs and functions.

The endpoints are those that servers v0.29.9 and v1.43.0 really have (docs of both disagree with the setup guide:
`/v0/functions` does not exist). Runs are read by GraphQL, because answers of `/v1` are cached for up to 15 s.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from harness.clients.http import Http
from harness.errors import SetupError

ENDED = frozenset({"COMPLETED", "FAILED", "CANCELLED", "SKIPPED"})
_RUNS_OF_EVENT = "query($id: ID!) { event(query: {eventId: $id}) { functionRuns { id status function { slug } } } }"
_RUN = """query($id: String!) { run(runID: $id) { status output queuedAt startedAt endedAt function { slug }
  trace { ...span childrenSpans { ...span childrenSpans { ...span } } } } }
  fragment span on RunTraceSpan { name status attempts stepOp outputID }"""
_RUNS_SINCE = """query($since: Time!) { runs(first: 100, orderBy: [{field: QUEUED_AT, direction: DESC}],
  filter: {from: $since, timeField: QUEUED_AT}) { edges { node { id } } } }"""
_TRIGGER = "query($id: String!) { runTrigger(runID: $id) { payloads } }"
_STEP_OUTPUT = "query($id: String!) { runTraceSpanOutputByID(outputID: $id) { data error { message name stack } } }"
_FUNCTIONS = "{ functions { id slug name config url triggers { type value } app { name url connected error } } }"
_NO_SUCH_ROW = "sql: no rows in result set"  # GraphQL's words for what is not there


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The event API's answer to one publication.

    Attributes:
        ids: Inngest's own ids of the stored events, never the sender's.
    """

    status: int
    ids: tuple[str, ...]
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a function; `output` is None until it ended."""

    id: str
    slug: str
    status: str
    output: Any = None
    spans: tuple["Span", ...] = ()

    @property
    def ended(self) -> bool:
        return self.status in ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One step of a run, or the end of the function, as its trace shows it."""

    name: str
    status: str
    attempts: int
    output_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A registered function."""

    id: str
    slug: str
    name: str
    triggers: tuple[str, ...]
    config: Mapping[str, Any]
    app: str
    app_url: str
    connected: bool
    app_error: str | None


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

    def version(self) -> str:
        """Return the version that a server in dev mode says it has; empty where none is told, as in signed mode."""
        answer = self.http.get("/dev")
        body = _loads(answer.text) if answer.is_success else None
        return str(body.get("version", "")) if isinstance(body, dict) else ""

    def send(self, event: Mapping[str, Any] | Sequence[Mapping[str, Any]], *, key: str | None = None) -> Receipt:
        """Publish one event, or several as one batch; under another key than the stack's, if one is given."""
        return self.send_raw(json.dumps(event, ensure_ascii=False).encode(), key=key)

    def send_raw(self, body: bytes, *, key: str | None = None) -> Receipt:
        """Publish exactly these bytes, malformed or not."""
        path = f"/e/{self._event_key if key is None else key}"
        return _receipt(self.http.post(path, content=body, headers={"content-type": "application/json"}))

    def event(self, event_id: str) -> dict[str, Any] | None:
        """Return the stored event of Inngest's id `event_id`, None when there is none."""
        found = self.http.get(f"/v1/events/{event_id}").json()["data"]  # the real server may say 404 in the body alone
        return dict(found) if found else None

    def events(self, *, name: str | None = None, limit: int = 50) -> list[dict[str, Any]]:
        """Return the newest stored events."""
        query = {"limit": limit} | ({"name": name} if name else {})
        return list(self.http.get("/v1/events", params=query).json()["data"])

    def runs_of(self, event_id: str) -> tuple[Run, ...]:
        """Return the runs that an event started, each with its status alone."""
        event = self._ask(_RUNS_OF_EVENT, or_nothing=True, id=event_id).get("event") or {}  # stored a moment later
        return tuple(
            Run(id=run["id"], slug=run["function"]["slug"], status=run["status"])
            for run in event.get("functionRuns") or ()
        )

    def run(self, run_id: str) -> Run:
        """Return a run with its output and its steps."""
        run = self._ask(_RUN, id=run_id)["run"]
        spans = _spans((run["trace"] or {}).get("childrenSpans") or ())
        slug, output = run["function"]["slug"], _loads(run["output"])
        return Run(id=run_id, slug=slug, status=run["status"], output=output, spans=tuple(spans))

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
        return found["error"] or _loads(found["data"])

    def functions(self) -> tuple[Function, ...]:
        """Return every registered function."""
        return tuple(_function(entry) for entry in self._ask(_FUNCTIONS)["functions"] or ())

    def invoke(self, slug: str, data: Mapping[str, Any]) -> Receipt:
        """Run a function directly, past its triggers; the receipt's first id is that of the internal event."""
        answer = self.http.post(f"/invoke/{slug}", json={"data": data})
        body = answer.json()
        return Receipt(status=answer.status_code, ids=(body.get("id", ""),), error=body.get("error"))

    def _ask(self, query: str, *, or_nothing: bool = False, **variables: Any) -> dict[str, Any]:
        body = self.http.post("/v0/gql", json={"query": query, "variables": variables}).json()
        missing = or_nothing and _NO_SUCH_ROW in str(body.get("errors"))
        if not missing and (body.get("errors") or not body.get("data")):
            raise SetupError(
                "Inngest to answer a GraphQL query.",
                f"{body.get('errors') or body} (query: {' '.join(query.split())[:120]}).",
                "see which version of Inngest this is; versions 0.29 and 1.43 are known to work.",
            )
        return dict(body["data"] or {})


def _receipt(answer: httpx.Response) -> Receipt:
    body = _loads(answer.text)
    fields = body if isinstance(body, dict) else {}
    ids = tuple(entry for entry in fields.get("ids") or () if entry)
    return Receipt(status=answer.status_code, ids=ids, error=fields.get("error"))


def _function(entry: Mapping[str, Any]) -> Function:
    app = entry["app"]
    return Function(
        id=entry["id"],
        slug=entry["slug"],
        name=entry["name"],
        triggers=tuple(trigger["value"] for trigger in entry["triggers"] or ()),
        config=_loads(entry["config"]) or {},
        app=app["name"],
        app_url=app["url"] or "",
        connected=app["connected"],
        app_error=app["error"],
    )


def _spans(entries: Sequence[Mapping[str, Any]]) -> list[Span]:
    """Flatten a trace: a retried step has its attempts as children."""
    spans: list[Span] = []
    for entry in entries:
        output_id = entry["outputID"]
        spans.append(
            Span(name=entry["name"], status=entry["status"], attempts=entry["attempts"] or 0, output_id=output_id)
        )
        spans.extend(_spans(entry.get("childrenSpans") or ()))
    return spans


def _loads(text: str | None) -> Any:
    """Parse JSON, and return what is not JSON as it is: a function may answer plain text."""
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text
