"""Puts things into one order where the server promises none: runs, steps planned at once, events that came at once."""

import json
from collections.abc import Callable, Iterable
from itertools import groupby
from operator import itemgetter
from typing import Any

from tests.unit.embedded_inngest.normalised import Normaliser
from tests.unit.embedded_inngest.recordings import Json

DISCOVERY = "stepId=step"

ONE_OF_THEM = "<place of one of the steps that were planned at once>"
"""The older release asks after each of them what comes next, and which of the questions is first is chance."""


def by_run(calls: Iterable[Json]) -> list[list[Json]]:
    """Return the calls of each run, in the order of their arrival; runs are ordered by what they are called with."""
    groups: dict[str, list[Json]] = {}
    for call in sorted(calls, key=itemgetter("t")):
        groups.setdefault(call["request"]["body"]["ctx"]["run_id"], []).append(call)
    return sorted((_ordered(group) for group in groups.values()), key=_what_is_called)


def in_place(items: Iterable[Any], chosen: Callable[[Any], bool], key: Callable[[Any], Any] = str) -> list[Any]:
    """Return the items with the chosen ones sorted among their own places and the others where they were."""
    items = list(items)
    ordered = iter(sorted(filter(chosen, items), key=key))
    return [next(ordered) if chosen(item) else item for item in items]


def planned(calls: Iterable[Json]) -> dict[str, str]:
    """Return the id and the name of each step that the app planned, to be run beside others."""
    operations = (call["response"]["body"] for call in calls if call["response"]["status"] == 206)
    return {op["id"]: op["displayName"] for ops in operations for op in ops if op["op"] == "StepPlanned"}


def with_ordered_batch(call: Json) -> Json:
    """Return a call with the events of its batch in the order in which they were sent: their ids grow."""
    asked = call["request"]
    came = asked["body"]["events"]
    if came[:1] != [asked["body"]["event"]]:
        return call
    events = sorted(came, key=itemgetter("id"))
    return {**call, "request": {**asked, "body": {**asked["body"], "events": events, "event": events[0]}}}


def told_in_order(told: Iterable[Json], calls: Iterable[Json]) -> list[Json]:
    """Return what was told of events as if those of each batch had come in the order in which they were sent."""
    places: dict[str, str] = {}
    for call in calls:
        came = [event["id"] for event in call["request"]["body"]["events"]]
        places |= dict(zip(came, sorted(came), strict=True))
    return sorted((_renamed(one, places) for one in told), key=itemgetter("event_id")) if places else list(told)


def _renamed(value: Any, names: dict[str, str]) -> Any:
    """Return a value with other names in it; payloads keep theirs and are sorted by them."""
    if isinstance(value, dict):
        return {key: sorted(item) if key == "payloads" else _renamed(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    return names.get(value, value) if isinstance(value, str) else value


def _what_is_called(group: list[Json]) -> tuple[str, str]:
    asked = group[0]["request"]
    event = asked["body"]["event"]
    return asked["url"], json.dumps(Normaliser()([event["name"], event["data"]]))


def _ordered(group: list[Json]) -> list[Json]:
    steps = planned(group)
    ordered: list[Json] = []
    for is_discovery, calls in groupby(group, key=lambda call: call["request"]["url"].endswith(DISCOVERY)):
        together = list(calls)
        ordered += together if is_discovery else sorted(together, key=_attempt_and_step)
    return [_with_ordered_stack(call, steps) for call in ordered]


def _attempt_and_step(call: Json) -> tuple[int, str]:
    return call["request"]["body"]["ctx"]["attempt"], call["request"]["url"]


def _with_ordered_stack(call: Json, steps: dict[str, str]) -> Json:
    asked = call["request"]
    context = asked["body"]["ctx"]
    done, current = context["stack"]["stack"], context["stack"]["current"]
    if context["disable_immediate_execution"] and current and done[current - 1] in steps:
        current = ONE_OF_THEM
    stack = {"current": current, "stack": in_place(done, steps.__contains__)}
    return {**call, "request": {**asked, "body": {**asked["body"], "ctx": {**context, "stack": stack}}}}
