"""Which functions an event starts: names, wildcards, expressions, and each event id once."""

import time
from typing import Any

import pytest

from tests.unit.embedded_inngest.scripted_app import ScriptedApp

SENTINEL = "sentinel"
"""A function with an exact trigger and no expression: when it has run, the others have been decided on."""


def matching(app: ScriptedApp, event: str, data: Any = None) -> set[str]:
    """Send an event that the sentinel is triggered by too, and return the slugs of the others that it started."""
    app.serves(SENTINEL, triggers=[{"event": event}])
    app.sync()
    runs = app.runs(app.server.send(event, data))
    return {run["function"]["slug"] for run in runs} - {app.slug(SENTINEL)}


WILDCARDS = {
    # of the form prefix + separator + *; every proper prefix of the event's name is tried
    "{app}/*": {"a": True, "a.b": True, "a/b": True, "a/b.c": True, "": True},
    "{app}/a.*": {"a": False, "a.b": True, "a.b.c": True, "ab.c": False, "a/b": False},
    "{app}/a/*": {"a": False, "a/b": True, "a/b/c": True, "a.b": False},
    # a star that isn't the last segment, or not a segment, is a letter like any other
    "{app}/*.b": {"a.b": False},
    "{app}/a*": {"ab": False, "a*": True},
    "{app}/*/b": {"a/b": False, "*/b": True},
    "*": {"a": False, "a.b": False},
    "*/a": {"a": False},
    "/*": {"a": False},
    ".*": {"a.b": False},
}


@pytest.mark.parametrize(
    ("pattern", "event"), [(pattern, event) for pattern, events in WILDCARDS.items() for event in events]
)
def test_wildcards_match_prefixes_only(pattern: str, event: str, app: ScriptedApp) -> None:
    """A wildcard stands for all that follows a slash or a dot at the end of a prefix; a bare star for nothing."""
    app.serves("wild", triggers=[{"event": pattern.format(app=app.name)}])

    assert (matching(app, app.event(event)) == {app.slug("wild")}) is WILDCARDS[pattern][event]


@pytest.mark.parametrize("event", ["Go", "gO", "go ", "g", "goo"])
def test_names_match_exactly(event: str, app: ScriptedApp) -> None:
    """The name of an event is compared to the letter."""
    app.serves("go")

    assert matching(app, app.event(event)) == set()


EXPRESSIONS = [
    ("event.data.a == 1", {"a": 1}, True),
    ("event.data.a == 1", {"a": 2}, False),
    ("event.data.a == 1", {"a": 1.0}, True),
    ("event.data.a == 1.0", {"a": 1}, True),
    ("event.data.a > 1", {"a": 1.5}, True),
    ("event.data.a == '1'", {"a": "1"}, True),
    ("event.data.a == 'x' && event.data.b > 3", {"a": "x", "b": 4}, True),
    ("event.data.a == 'x' || event.data.b > 3", {"a": "y", "b": 3}, False),
    ("event.data.missing == 1", {}, False),
    ("event.data.missing != 1", {}, True),
    ("event.data.missing == null", {}, True),
    ("event.data.missing.deeper == 'x'", {}, False),
    ("event.data.missing > 5", {}, False),
    ("!(event.data.a == 'x')", {"a": "y"}, True),
    ("event.data.a in ['x', 'y']", {"a": "y"}, True),
    ("event.data.list.exists(i, i == 2)", {"list": [1, 2]}, True),
    ("event.data.a.startsWith('x')", {"a": "xyz"}, True),
    ("event.data.a", {"a": True}, True),
    ("event.name.endsWith('/judged')", {}, True),
    ("lowercase(event.data.a) == 'x'", {"a": "X"}, True),
]


@pytest.mark.parametrize(("expression", "data", "matches"), EXPRESSIONS)
def test_expressions_are_relaxed(expression: str, data: Any, matches: bool, app: ScriptedApp) -> None:
    """Expressions decide on the event's data; what is missing acts as null and numbers compare by value."""
    app.serves("judged", triggers=[{"event": app.event("judged"), "expression": expression}])

    assert (matching(app, app.event("judged"), data) == {app.slug("judged")}) is matches


def test_several_matching_triggers_start_one_run(app: ScriptedApp) -> None:
    """A function with an exact, a wildcard and an expression trigger that all match runs once."""
    exact, wild = app.event("go"), app.event("*")
    app.serves("go", triggers=[{"event": exact}, {"event": wild}, {"event": exact, "expression": "1 == 1"}])

    assert app.run("go")["status"] == "COMPLETED"


def test_an_event_id_starts_each_function_once(app: ScriptedApp) -> None:
    """The same id again starts nothing that it has started before, but does start a function that is new."""
    both = [{"event": app.event("both")}]
    app.serves("old", triggers=both)
    app.sync()
    app.runs(app.send("both", id=app.name))
    app.serves("new", triggers=both)
    app.sync()

    [run] = app.runs(app.send("both", id=app.name))

    assert run["function"]["slug"] == app.slug("new")
    assert len(app.calls("old")) == 1


def test_another_event_id_starts_another_run(app: ScriptedApp) -> None:
    """Equal events with different ids, or with none, are different events."""
    app.serves("go")
    app.sync()

    for fields in ({"id": f"{app.name}-1"}, {"id": f"{app.name}-2"}, {}, {}):
        app.runs(app.send("go", {"same": True}, **fields))

    assert len(app.calls("go")) == 4


def test_an_event_of_the_future_waits(app: ScriptedApp) -> None:
    """A run is queued at once and starts at the time of its event, if that is still to come."""
    app.serves("go")
    app.sync()
    due = time.time() + 0.5

    event_id = app.send("go", ts=int(due * 1000))
    [queued] = app.server.runs_of(event_id)
    app.runs(event_id)

    assert queued["status"] == "QUEUED"
    assert app.calls("go")[0].at >= due - 0.01
