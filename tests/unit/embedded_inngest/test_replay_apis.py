"""The embedded engine against the transcripts of the real server's APIs, request by request."""

from typing import Any

import pytest

from tests.unit.embedded_inngest import documents
from tests.unit.embedded_inngest.differences import assert_same
from tests.unit.embedded_inngest.normalised import Normaliser
from tests.unit.embedded_inngest.performance import Performance
from tests.unit.embedded_inngest.recordings import Json, load

UI = {"GET /", "GET /functions"}
"""Each server has a user interface of its own there."""

FUNCTIONS = "GET /v1/apps/probe/functions"
DEV = "GET /dev"


def api_answer(name: str, answer: Json) -> Any:
    """Return an answer without what differs because our engine was built and started in another way."""
    body = answer["body"]
    if name == DEV:
        options = {**body["startOpts"], "poll_interval": "<ours>"}
        return {**answer, "body": {**body, "version": "<ours>", "startOpts": options}}
    if name == FUNCTIONS:
        return {**answer, "body": documents.by_slug(body)}
    return answer


def event_api_answer(answer: Json) -> Json:
    """Return an answer with a long list of ids cut as the recorder cut it."""
    body = answer["body"]
    if isinstance(body, dict) and len(body["ids"]) > 5:
        return {**answer, "body": {**body, "ids": [*body["ids"][:2], f"… {len(body['ids'])} in all"]}}
    return answer


def test_the_app_is_synced_as_recorded(performance: Performance) -> None:
    """The first sync registers the functions, the next finds nothing modified, and both ask as the real server asks."""
    real, embedded = load("00-sync"), performance.syncs

    assert_same(documents.exchanges(real), documents.exchanges(embedded), "00-sync")


@pytest.mark.parametrize("name", sorted(load("01-api").keys() - UI))
def test_the_api_answers_as_recorded(name: str, performance: Performance) -> None:
    """Health, /dev, /v1 and unknown routes answer with the status, headers and body of the real server."""
    real, embedded = api_answer(name, load("01-api")[name]["response"]), api_answer(name, performance.api[name])

    assert_same(Normaliser()(real), Normaliser()(embedded), f"01-api, {name}")


@pytest.mark.parametrize("case", load("02-event-api"))
def test_the_event_api_answers_as_recorded(case: str, performance: Performance) -> None:
    """An event API request gets the status, headers, ids and error text of the real server."""
    real, embedded = load("02-event-api")[case]["response"], event_api_answer(performance.event_api[case])

    assert_same(Normaliser()(real), Normaliser()(embedded), f"02-event-api, {case}")


@pytest.mark.parametrize("path", ["/invoke/probe-plain", "/invoke/probe-nope"])
def test_invoking_is_answered_as_recorded(path: str, performance: Performance) -> None:
    """An invocation from outside is accepted and gets an id, even if the function doesn't exist."""
    real, embedded = load("51-invoke-api")[path]["response"], performance.invoke[path]

    assert_same(Normaliser()(real), Normaliser()(embedded), f"51-invoke-api, {path}")


def test_an_invoked_function_is_called_as_recorded(performance: Performance) -> None:
    """A function that is invoked from outside sees the internal event that the real server makes of the invocation."""
    assert_same(documents.calls(load("51-invoke-api")), documents.calls(performance.invoke), "51-invoke-api")


@pytest.mark.parametrize("query", ["functions", "apps"])
def test_graphql_answers_as_recorded(query: str, performance: Performance) -> None:
    """The lists of apps and functions have the fields, values and order of the real server."""
    real, embedded = load("60-graphql")[query]["body"], performance.graphql[query]

    assert_same(Normaliser()(real), Normaliser()(embedded), f"60-graphql, {query}")


def test_graphql_lists_events_as_recorded(performance: Performance) -> None:
    """The list of events is newest first and leaves internal events out, though some were sent meanwhile."""
    real = load("60-graphql")["events"]["body"]["data"]["events"]
    embedded = performance.graphql["events"]["data"]["events"]
    names = [event["name"] for event in embedded]

    assert {tuple(event) for event in embedded} == {tuple(real[0])}
    assert [event["id"] for event in embedded] == sorted((event["id"] for event in embedded), reverse=True)
    assert documents.event_names(performance.scenarios.values()) <= {*names}
    assert not [name for name in names if name.startswith("inngest/")]
