"""Expressions that registers take and events make nothing of: they may cost a function its start, nobody else's."""

from typing import Any

import pytest

from embedded_inngest.expressions import is_expression
from tests.unit.embedded_inngest.flow.staged import Stage, function, play

DATA = {"list": [1], "large": 1e300, "at": "2026-11-24T00:00:00Z"}
ODD = [
    "event.data[event.data.list]",
    "{event.data.list: 1}",
    "int(event.data.large * event.data.large)",
]
KEYED: list[dict[str, Any]] = [
    {"concurrency": [{"limit": 1, "key": "KEY"}]},
    {"throttle": {"limit": 1, "period": "1m", "key": "KEY"}},
    {"rateLimit": {"limit": 1, "period": "1m", "key": "KEY"}},
    {"singleton": {"mode": "skip", "key": "KEY"}},
    {"priority": {"run": "KEY"}},
]


async def go(stage: Stage) -> None:
    """Send an event, and let what it starts come to its end."""
    await stage.send("go", data=DATA)
    await stage.clock.turn(60)


def keyed(options: dict[str, Any], key: str) -> dict[str, Any]:
    """Return options of which each `KEY` is this one."""
    [(name, given)] = options.items()
    one = given[0] if isinstance(given, list) else given
    filled = {field: key if text == "KEY" else text for field, text in one.items()}
    return {name: [filled] if isinstance(given, list) else filled}


@pytest.mark.parametrize("expression", ODD)
def test_a_trigger_that_makes_nothing_of_an_event_is_in_nobodys_way(expression: str) -> None:
    """A function whose trigger can't be evaluated does not start; the others of the event do."""
    odd = function("odd", triggers=[{"event": "go", "expression": f"{expression} == 1"}])

    stage = play(go, odd, function("other", triggers=[{"event": "go"}]))

    assert (stage.statuses("odd"), stage.statuses("other")) == ([], ["COMPLETED"])


@pytest.mark.parametrize("options", KEYED, ids=lambda options: next(iter(options)))
@pytest.mark.parametrize("key", [*ODD, "date(event.data.at)"])
def test_a_key_that_makes_nothing_of_an_event_is_in_nobodys_way(options: dict[str, Any], key: str) -> None:
    """Whatever a limit's key makes of an event, other functions start."""
    odd = function("odd", triggers=[{"event": "go"}], **keyed(options, key))

    assert play(go, odd, function("other", triggers=[{"event": "go"}])).statuses("other") == ["COMPLETED"]


@pytest.mark.parametrize("options", KEYED[:4], ids=lambda options: next(iter(options)))
def test_a_time_is_a_key(options: dict[str, Any]) -> None:
    """A function may be limited by a time of its events."""
    odd = function("odd", triggers=[{"event": "go"}], **keyed(options, "date(event.data.at)"))

    assert play(go, odd).statuses("odd") == ["COMPLETED"]


@pytest.mark.parametrize("text", [r"'\ud800'", r"'\U00110000'"])
def test_a_literal_that_is_no_text_is_no_expression(text: str) -> None:
    """What can't be written down, or is no character at all, is refused when it registers, and not met with later."""
    assert not is_expression(f"event.data.a == {text}")
