"""Options of flow control at registration, judged by what v1.43.0 answered to the same."""

from typing import Any

import pytest

from embedded_inngest.engine import Engine
from embedded_inngest.errors import PublicError
from embedded_inngest.options import Options
from embedded_inngest.release import V0_29, V1_43, Release
from tests.unit.embedded_inngest.flow.scene import registration
from tests.unit.embedded_inngest.turned_clock import TurnedClock

NO_KEY = "event.data. +"
BATCH = {"maxSize": 2, "timeout": "1s"}
INVALID: list[dict[str, Any]] = [
    {"rateLimit": {"limit": 0, "period": "1m"}},
    {"rateLimit": {"limit": 1}},
    {"rateLimit": {"limit": 1, "period": "25h"}},
    {"rateLimit": {"limit": 1, "period": "x"}},
    {"rateLimit": {"limit": 1, "period": "1m", "key": NO_KEY}},
    {"rateLimit": {"limit": 1, "period": "1m", "key": ""}},
    {"idempotency": NO_KEY},
    {"idempotency": ""},
    {"debounce": {"period": "500ms"}},
    {"debounce": {"period": "8d"}},
    {"debounce": {}},
    {"debounce": {"period": "1s", "key": NO_KEY}},
    {"batchEvents": {"maxSize": 1, "timeout": "1s"}},
    {"batchEvents": {"maxSize": 2, "timeout": "500ms"}},
    {"batchEvents": {"maxSize": 2}},
    {"batchEvents": {"maxSize": 2, "timeout": "1d"}},
    {"batchEvents": {"maxSize": "2", "timeout": "1s"}},
    {"batchEvents": {"maxSize": 2, "timeout": 5}},
    {"batchEvents": {}},
    {"batchEvents": {**BATCH, "key": NO_KEY}},
    {"batchEvents": {**BATCH, "key": ""}},
    {"batchEvents": {**BATCH, "if": NO_KEY}},
    {"batchEvents": BATCH, "debounce": {"period": "1s"}},
    {"batchEvents": BATCH, "cancel": [{"event": "x"}]},
    {"batchEvents": BATCH, "priority": {"run": "1"}},
    {"batchEvents": BATCH, "singleton": {"mode": "skip"}},
]
INTO = "json: cannot unmarshal {} into Go struct field {} of type {}"
UNREADABLE: list[tuple[dict[str, Any], str]] = [
    ({"throttle": {"limit": 1, "period": "nope"}}, 'time: invalid duration "nope"'),
    ({"throttle": {}}, 'time: invalid duration ""'),
    (
        {"throttle": {"limit": -1, "period": "1s"}},
        INTO.format("number -1", "SDKFunction.functions.throttle.limit", "uint"),
    ),
    (
        {"throttle": {"limit": "1", "period": "1s"}},
        INTO.format("string", "SDKFunction.functions.throttle.limit", "uint"),
    ),
    (
        {"throttle": {"limit": 1, "period": 60}},
        INTO.format("number", "SDKFunction.functions.throttle.period", "string"),
    ),
    (
        {"rateLimit": {"limit": 1.5, "period": "1m"}},
        INTO.format("number 1.5", "RateLimit.functions.rateLimit.limit", "uint"),
    ),
    (
        {"rateLimit": {"limit": 1, "period": 60}},
        INTO.format("number", "RateLimit.functions.rateLimit.period", "string"),
    ),
    ({"debounce": {"period": 5}}, INTO.format("number", "Debounce.functions.debounce.period", "string")),
    ({"idempotency": 5}, INTO.format("number", "SDKFunction.functions.idempotency", "string")),
    ({"timeouts": {"start": 5}}, INTO.format("number", "Timeouts.functions.timeouts.start", "string")),
    ({"cancel": [{"event": "x"}, {"timeout": True}]}, INTO.format("bool", "Cancel.functions.cancel.timeout", "string")),
    ({"singleton": {"mode": "nope"}}, "nope does not belong to SingletonMode values"),
    ({"singleton": {"mode": None}}, " does not belong to SingletonMode values"),
    ({"singleton": {"mode": 1}}, "SingletonMode should be a string, got 1"),
]
SHOWN: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"throttle": {"limit": 0, "period": "500ms"}}, {"throttle": {"burst": 0, "limit": 1, "period": "500ms"}}),
    ({"throttle": {"limit": 3, "period": "25h1m1s"}}, {"throttle": {"burst": 0, "limit": 3, "period": "1d1h1m1s"}}),
    (
        {"throttle": {"limit": 3, "period": "30d", "key": None}},
        {"throttle": {"burst": 0, "limit": 3, "period": "4w2d"}},
    ),
    (
        {"throttle": {"burst": 2, "limit": 1, "period": "90m", "key": NO_KEY}},
        {"throttle": {"burst": 2, "key": NO_KEY, "limit": 1, "period": "1h30m"}},
    ),
    ({"rateLimit": {"limit": 1, "period": "24h"}}, {"rateLimit": {"limit": 1, "period": "24h"}}),
    (
        {"idempotency": "1", "rateLimit": {"limit": 9, "period": "1s"}},
        {"rateLimit": {"limit": 1, "period": "24h0m0s", "key": "1"}},
    ),
    ({"debounce": {"period": "7d", "key": ""}}, {"debounce": {"period": "7d"}}),
    ({"debounce": {"period": "1s", "timeout": "x"}}, {"debounce": {"period": "1s", "timeout": "x"}}),
    (
        {"batchEvents": BATCH, "rateLimit": {"limit": 1, "period": "1m"}},
        {"batchEvents": BATCH, "rateLimit": {"limit": 1, "period": "1m"}},
    ),
    ({"singleton": {}}, {"singleton": {"mode": "skip"}}),
    ({"singleton": {"key": "", "mode": "cancel"}}, {"singleton": {"key": "", "mode": "cancel"}}),
    (dict.fromkeys(("batchEvents", "debounce", "rateLimit", "throttle", "singleton", "idempotency")), {}),
]
NAMES = {"throttle", "rateLimit", "debounce", "batchEvents", "singleton"}


def registered(options: dict[str, Any], release: Release = V1_43) -> dict[str, Any]:
    """Register a function with these options and return those that are shown of it."""
    engine = Engine(Options(release=release), clock=TurnedClock())
    engine.sync.register(registration(**options), "")
    function = engine.state.apps.invocable("go")
    assert function
    return {name: value for name, value in function.config.items() if name in NAMES}


@pytest.mark.parametrize("options", INVALID)
def test_what_the_server_does_not_allow_is_refused(options: dict[str, Any]) -> None:
    """Options out of their bounds, unreadable expressions and what excludes each other make a function invalid."""
    with pytest.raises(PublicError) as refused:
        registered(options)

    assert refused.value.body() == {"error": "At least one function is invalid", "data": None, "status": 400}


@pytest.mark.parametrize(("options", "complaint"), UNREADABLE)
def test_what_the_server_can_not_read_is_named(options: dict[str, Any], complaint: str) -> None:
    """A value of the wrong type makes the whole request unreadable, in the words of the real server."""
    with pytest.raises(PublicError) as refused:
        registered(options)

    assert refused.value.body() == {"error": f"Invalid request: {complaint}"}


@pytest.mark.parametrize(("given", "found"), [("10s", "string"), (1.5, "number 1.5")])
def test_the_older_server_reads_nanoseconds_alone(given: Any, found: str) -> None:
    """A timeout that is a text, as SDKs write it, makes the whole request unreadable there."""
    with pytest.raises(PublicError) as refused:
        registered({"timeouts": {"finish": given}}, V0_29)

    complaint = INTO.format(found, "Timeouts.functions.timeouts.finish", "time.Duration")
    assert refused.value.body() == {"error": f"Invalid request: {complaint}"}


@pytest.mark.parametrize(("options", "shown"), SHOWN)
def test_options_are_shown_as_the_server_shows_them(options: dict[str, Any], shown: dict[str, Any]) -> None:
    """Defaults are filled in, durations written anew, and what is empty is left out."""
    assert registered(options) == shown
