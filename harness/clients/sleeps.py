"""Until when runs sleep: what Inngest's traces tell of a wait that nobody can wait for."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from harness.clients.inngest import InngestClient
from harness.clients.inngest_answers import fields_of

_STEPS = """query($id: String!) { run(runID: $id) { trace%s { childrenSpans { ...span childrenSpans { ...span } } } } }
  fragment span on RunTraceSpan { stepInfo {
    ... on SleepStepInfo { sleepUntil } ... on InvokeStepInfo { triggeringEventID } } }"""


def ends_of_sleeps(inngest: InngestClient, event_ids: Iterable[str]) -> list[datetime]:
    """Return when the sleeps end of all runs that events started, and of those that they invoked.

    Args:
        inngest: Where to look; a trace that is not there yet tells of no sleep.
        event_ids: Inngest's own ids of the events.
    """
    runs = [run for event_id in event_ids for run in inngest.runs_of(event_id)]
    steps = [step for run in runs for step in _steps_of(inngest, run.id)]
    ends = [datetime.fromisoformat(step["sleepUntil"]) for step in steps if "sleepUntil" in step]
    invoked = [step["triggeringEventID"] for step in steps if "triggeringEventID" in step]
    return ends + (ends_of_sleeps(inngest, invoked) if invoked else [])


def _steps_of(inngest: InngestClient, run_id: str) -> list[Mapping[str, Any]]:
    """Return what is known of a run's steps; v1.43.0 shows reported ones in its preview alone, v0.29.9 has none."""
    for preview in ("(preview: true)", ""):
        question = {"query": _STEPS % preview, "variables": {"id": run_id}}
        run = (fields_of(inngest.http.post("/v0/gql", json=question)).get("data") or {}).get("run") or {}
        if run.get("trace"):
            return list(_steps_in(run["trace"]["childrenSpans"]))
    return []


def _steps_in(spans: Iterable[Mapping[str, Any]] | None) -> Iterator[Mapping[str, Any]]:
    for span in spans or ():
        yield span["stepInfo"] or {}
        yield from _steps_in(span.get("childrenSpans"))
