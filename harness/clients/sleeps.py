"""Until when runs sleep: what Inngest's traces tell of a wait that nobody can wait for."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from harness.clients.inngest import InngestClient
from harness.clients.inngest_answers import fields_of

_STEPS = """query($id: String!) { run(runID: $id) { trace%s { childrenSpans { ...span childrenSpans { ...span } } } } }
  fragment span on RunTraceSpan { status endedAt stepInfo {
    ... on SleepStepInfo { sleepUntil } ... on InvokeStepInfo { triggeringEventID } } }"""

LONGEST_RETRY = timedelta(days=1)
"""How long Inngest puts off another try of a step at most, whatever the step asks for; v0.29.9 and v1.43.0 do so."""


def ends_of_sleeps(inngest: InngestClient, event_ids: Iterable[str], since: datetime) -> list[datetime]:
    """Return when the waits end of all runs that events started, and of those that they invoked.

    A wait is a sleep, or a step that has failed and is to be tried again.

    Args:
        inngest: Where to look; a trace that is not there yet tells of no sleep.
        event_ids: Inngest's own ids of the events.
        since: Before any of these runs was queued.
    """
    runs = [run for event_id in event_ids for run in _runs_of(inngest, event_id, since)]
    spans = [span for run in runs for span in _spans_of(inngest, run)]
    steps = [span["stepInfo"] or {} for span in spans]
    ends = [datetime.fromisoformat(step["sleepUntil"]) for step in steps if "sleepUntil" in step]
    ends += [datetime.now(UTC) + LONGEST_RETRY for span in spans if _is_to_be_tried_again(span)]
    invoked = [step["triggeringEventID"] for step in steps if "triggeringEventID" in step]
    return ends + (ends_of_sleeps(inngest, invoked, since) if invoked else [])


def _runs_of(inngest: InngestClient, event_id: str, since: datetime) -> list[str]:
    """Return the ids of an event's runs; v0.29.9 names invocations by an id under which it lists none."""
    listed = [run.id for run in inngest.runs_of(event_id)]
    return listed or [
        run_id for run_id in inngest.runs_since(since) if any(event_id in each for each in inngest.payloads_of(run_id))
    ]


def _is_to_be_tried_again(span: Mapping[str, Any]) -> bool:
    """Tell whether a step has not ended, while all of its attempts that have begun have failed."""
    statuses = {attempt["status"] for attempt in span.get("childrenSpans") or ()}
    return not span["endedAt"] and "FAILED" in statuses and statuses <= {"FAILED", "QUEUED"}


def _spans_of(inngest: InngestClient, run_id: str) -> list[Mapping[str, Any]]:
    """Return the steps of a run; v1.43.0 shows reported ones in its preview alone, and v0.29.9 has none."""
    for preview in ("(preview: true)", ""):
        question = {"query": _STEPS % preview, "variables": {"id": run_id}}
        run = (fields_of(inngest.http.post("/v0/gql", json=question)).get("data") or {}).get("run") or {}
        if run.get("trace"):
            return list(_flat(run["trace"]["childrenSpans"]))
    return []


def _flat(spans: Iterable[Mapping[str, Any]] | None) -> Iterator[Mapping[str, Any]]:
    for span in spans or ():
        yield span
        yield from _flat(span.get("childrenSpans"))
