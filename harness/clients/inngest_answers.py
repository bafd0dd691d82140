"""What Inngest answers, as values: how its APIs spell them is known here and in the client, nowhere else."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

QUEUED = "QUEUED"
ENDED = frozenset({"COMPLETED", "FAILED", "CANCELLED", "SKIPPED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The event API's answer to one publication.

    Attributes:
        ids: Inngest's own ids of the stored events, never the sender's.
    """

    status: int
    ids: tuple[str, ...]
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a function.

    Attributes:
        started: When it started; None if it has not, or where nobody asked.
        finished: When it ended; None as `started`.
        output: What it returned; None until that is stored, which may be a moment after the end.
        spans: All that its trace shows, attempts and the function's own end included.
        steps: Its steps alone, each once.
        traced: Whether its steps are all stored.
    """

    id: str
    slug: str
    status: str
    started: datetime | None = None
    finished: datetime | None = None
    output: Any = None
    spans: tuple["Span", ...] = ()
    steps: tuple["Span", ...] = ()
    traced: bool = False

    @property
    def ended(self) -> bool:
        return self.status in ENDED

    @property
    def settled(self) -> bool:
        """Whether it has ended, and all that is to be known of it is stored."""
        return self.ended and self.traced and self.output is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One step of a run, or the end of the function, as its trace shows it.

    Attributes:
        attempts: The number of the last attempt, counted from 0.
        op: What kind of step it is (`RUN`, `SLEEP`, `INVOKE`, ...); None for what is no step.
    """

    name: str
    status: str
    attempts: int
    output_id: str | None
    op: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a run with what it left: its data, or its error; None for a step without output, as a sleep."""

    name: str
    op: str
    status: str
    attempts: int
    output: Any


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


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """An app that Inngest has asked for its functions; `error` is why it did not get them."""

    name: str
    url: str
    connected: bool
    error: str | None

    def __str__(self) -> str:
        state = "connected" if self.connected else f"error: {self.error or 'not connected'}"
        return f"app {self.name or 'without a name'} at {self.url} ({state})"


def fields_of(answer: httpx.Response) -> dict[str, Any]:
    """Return the fields of an answer; none when it is no JSON object."""
    body = parsed(answer.text)
    return body if isinstance(body, dict) else {}


def reply_of(answer: httpx.Response) -> Reply:
    """Return what the event API says; an empty id is none."""
    fields = fields_of(answer)
    ids = tuple(entry for entry in fields.get("ids") or () if entry)
    return Reply(status=answer.status_code, ids=ids, error=fields.get("error"))


def function_of(entry: Mapping[str, Any]) -> Function:
    """Return a function of the GraphQL API."""
    app = entry["app"]
    return Function(
        id=entry["id"],
        slug=entry["slug"],
        name=entry["name"],
        triggers=tuple(trigger["value"] for trigger in entry["triggers"] or ()),
        config=parsed(entry["config"]) or {},
        app=app["name"],
        app_url=app["url"] or "",
        connected=app["connected"],
        app_error=app["error"],
    )


def listed_runs(event: Mapping[str, Any]) -> tuple[Run, ...]:
    """Return the runs of an event, of which there are none until it is stored, a moment after its publication."""
    return tuple(
        Run(
            id=run["id"],
            slug=run["function"]["slug"],
            status=run["status"],
            started=datetime.fromisoformat(run["startedAt"]) if run.get("startedAt") else None,
        )
        for run in event.get("functionRuns") or ()
    )


def spans_of(entries: Sequence[Mapping[str, Any]]) -> list[Span]:
    """Flatten a trace: a retried step has its attempts as children."""
    spans: list[Span] = []
    for entry in entries:
        spans.append(_span_of(entry))
        spans.extend(spans_of(entry.get("childrenSpans") or ()))
    return spans


def steps_of(entries: Sequence[Mapping[str, Any]]) -> list[Span]:
    """Return the steps of a trace, each once: v1.43.0 shows beside a step each of its executions under its name."""
    steps: dict[str, Span] = {}
    for span in map(_span_of, entries):
        if span.op is not None and (span.name not in steps or span.attempts > steps[span.name].attempts):
            steps[span.name] = span
    return list(steps.values())


def _span_of(entry: Mapping[str, Any]) -> Span:
    return Span(
        name=entry["name"],
        status=entry["status"],
        attempts=entry["attempts"] or 0,
        output_id=entry["outputID"],
        op=entry.get("stepOp"),
    )


def result_of(output: Any) -> Any:
    """Return what a function returned: of one that reported its steps v1.43.0 shows the operation that brought it."""
    operations = output if isinstance(output, list) else [output]
    ends = [each for each in operations if isinstance(each, dict) and each.get("op") == "RunComplete"]
    return ends[-1].get("data") if ends else output


def parsed(text: str | None) -> Any:
    """Parse JSON, and return what is not JSON as it is: a function may answer plain text."""
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text
