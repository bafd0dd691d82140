"""What is shown of each thing: which fields, and the configuration of functions."""

from typing import Any

import pytest
from graphql import GraphQLObjectType

from embedded_inngest.graphql.schema import schema
from embedded_inngest.graphql.views import Views
from embedded_inngest.release import V1_43
from tests.unit.embedded_inngest.flow.staged import Stage, function, play
from tests.unit.embedded_inngest.graphql.asking import ask

NOT_IMITATED = {"FunctionRun": {"history", "historyItemOutput"}, "RunTraceSpan": {"run"}}


def shown() -> dict[str, dict[str, Any]]:
    """Return what is shown of a run and all that belongs to it, by type."""

    async def scene(stage: Stage) -> None:
        await stage.send("go")

    stage = play(scene, function("go"))
    views = Views(stage.engine.state, stage.engine.queue, stage.engine.options.release)
    [run] = stage.runs("go")
    [app] = stage.engine.state.apps
    trace = views.trace(run)
    return {
        "App": views.app(app),
        "Function": views.function(run.function),
        "Event": views.event(run.event),
        "EventV2": views.event_v2(run.event),
        "FunctionRun": views.function_run(run),
        "FunctionRunV2": views.run(run),
        "RunTraceTrigger": views.trigger(run),
        "RunTraceSpan": trace | trace["childrenSpans"][0],
    }


@pytest.mark.parametrize("of_type", sorted(shown()))
def test_all_fields_are_shown_but_for_the_known_ones(of_type: str) -> None:
    """A view has every field of its type in the real schema, but for the few that are said not to be imitated."""
    kind = schema(V1_43.schema).type_map[of_type]
    assert isinstance(kind, GraphQLObjectType)

    assert {*kind.fields} - {*shown()[of_type]} == NOT_IMITATED.get(of_type, set())


CONFIGURATION = """{ functionBySlug(query: {functionSlug: "go"}) { configuration {
  cancellations { event timeout condition } retries { value isDefault } priority eventsBatch { maxSize timeout key }
  concurrency { scope limit { value isPlanLimit } key } rateLimit { limit period key } debounce { period key }
  throttle { burst key limit period } singleton { key mode } } } }"""
PLAIN = {
    "cancellations": [],
    "retries": {"value": 4, "isDefault": True},
    "priority": None,
    "eventsBatch": None,
    "concurrency": [{"scope": "ACCOUNT", "limit": {"value": -1, "isPlanLimit": True}, "key": None}],
    "rateLimit": None,
    "debounce": None,
    "throttle": None,
    "singleton": None,
}
OPTIONS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "none": ({}, {}),
    "cancel": (
        {"cancel": [{"event": "e", "if": "event.data.a == async.data.a", "timeout": "1h"}]},
        {"cancellations": [{"event": "e", "timeout": "1h", "condition": "event.data.a == async.data.a"}]},
    ),
    "retries": ({"retries": 2}, {"retries": {"value": 2, "isDefault": False}}),
    "priority": ({"priority": {"run": "event.data.p"}}, {"priority": "event.data.p"}),
    "batch": (
        {"batchEvents": {"maxSize": 3, "timeout": "2s", "key": "event.data.k"}},
        {"eventsBatch": {"maxSize": 3, "timeout": "2s", "key": "event.data.k"}},
    ),
    "concurrency": (
        {"concurrency": [{"limit": 2, "scope": "env", "key": '"x"'}]},
        {"concurrency": [{"scope": "ENVIRONMENT", "limit": {"value": 2, "isPlanLimit": False}, "key": '"x"'}]},
    ),
    "rate limit": (
        {"rateLimit": {"limit": 1, "period": "1m"}},
        {"rateLimit": {"limit": 1, "period": "1m", "key": None}},
    ),
    "debounce": ({"debounce": {"period": "1s"}}, {"debounce": {"period": "1s", "key": None}}),
    "singleton": ({"singleton": {"mode": "cancel"}}, {"singleton": {"key": None, "mode": "CANCEL"}}),
}


@pytest.mark.parametrize("option", OPTIONS)
def test_the_configuration_is_shown_field_by_field(option: str) -> None:
    """Each option of a function is shown by its fields, and what was not registered by its default."""
    given, expected = OPTIONS[option]

    async def scene(stage: Stage) -> None:
        assert (await ask(stage, CONFIGURATION))["configuration"] == PLAIN | expected

    play(scene, function("go", **given))
