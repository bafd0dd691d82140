"""Makes of what was recorded, and of what was observed, the documents that must be equal."""

from collections.abc import Iterable
from itertools import pairwise
from operator import itemgetter
from typing import Any

from tests.unit.embedded_inngest.canonical import by_run, in_place, planned, told_in_order, with_ordered_batch
from tests.unit.embedded_inngest.normalised import Normaliser
from tests.unit.embedded_inngest.recordings import Json

ENDED = "<status of an ended run>"
"""The real server's list of an event's runs is made of spans that may lag behind: it says `Scheduled` of runs that have
ended, and `Failed` of runs that completed after a retry. No such accident is imitated or compared."""


def exchanges(entries: list[Json]) -> Any:
    """Return what the server asked of the app, and the part of the app's answer that the server gets to see."""
    normalise = Normaliser()
    return [normalise(_asked_and_answered(entry)) for entry in entries]


def answers(observed: Json) -> Any:
    """Return what the event API answered."""
    normalise = Normaliser()
    return [normalise(sent["response"]) for sent in observed["sent"]]


def calls(observed: Json) -> Any:
    """Return what the server asked of the app and what it was told, run by run."""
    normalise = Normaliser()
    in_order = by_run(map(with_ordered_batch, observed["calls"]))
    return [[normalise(_asked_and_answered(call)) for call in run] for run in in_order]


def runs(observed: Json) -> Any:
    """Return what /v1 and GraphQL said of each event that was sent, and of its runs."""
    normalise, names = Normaliser(), frozenset(planned(observed["calls"]).values())
    in_order = told_in_order(observed["runs"], observed["calls"])
    return [normalise(_told(told, names)) for told in in_order]


def by_slug(body: Any) -> Any:
    """Return a list of functions in an order that does not depend on their ids, which are made of the app's port."""
    return sorted(body, key=lambda function: str(function["id"])) if isinstance(body, list) else body


def event_names(observed: Iterable[Json]) -> set[str]:
    """Return the names of all events that were sent."""
    return {told["event"]["data"]["event"]["name"] for one in observed for told in one["runs"]}


def gaps(observed: Json) -> list[list[float]]:
    """Return the seconds between one call and the next, run by run."""
    in_time = (sorted(run, key=itemgetter("t")) for run in by_run(observed["calls"]))
    return [[later["t"] - call["t"] for call, later in pairwise(run)] for run in in_time]


def _asked_and_answered(call: Json) -> Json:
    answer = call["response"]
    return {"request": call["request"], "response": {"status": answer["status"], "body": answer["body"]}}


def _told(told: Json, planned_steps: frozenset[str]) -> Json:
    body = told["runs"]["body"]
    listed = {**told["runs"], "body": {**body, "data": [{**run, "status": ENDED} for run in body["data"]]}}
    details = [_with_ordered_trace(detail, planned_steps) for detail in told["details"]]
    return {**told, "runs": listed, "details": details}


def _with_ordered_trace(detail: Json, planned_steps: frozenset[str]) -> Json:
    run = detail["graphql"]["data"]["run"]
    if not run or not run["trace"]:
        return detail
    spans = run["trace"]["childrenSpans"]
    ordered = in_place(spans, lambda span: span["name"] in planned_steps, itemgetter("name"))
    trace = {**run["trace"], "childrenSpans": ordered}
    return {**detail, "graphql": {"data": {**detail["graphql"]["data"], "run": {**run, "trace": trace}}}}
