"""The embedded engine against the transcripts of the real server's APIs, request by request."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest

from tests.unit.embedded_inngest import documents
from tests.unit.embedded_inngest.differences import assert_same
from tests.unit.embedded_inngest.normalised import Normaliser
from tests.unit.embedded_inngest.performance import Performance
from tests.unit.embedded_inngest.recordings import RELEASES, Json, load, of_each_release

UI = {"GET /", "GET /functions"}
"""Each server has a user interface of its own there."""

FUNCTIONS = "GET /v1/apps/probe/functions"
DEV = "GET /dev"


def api_answer(name: str, answer: Json) -> Any:
    """Return an answer without what differs because our engine was built and started in another way."""
    body = answer["body"]
    if name == DEV:
        options = {**body["startOpts"], "poll_interval": "<ours>", "tick": "<ours>"}
        return {**answer, "body": {**body, "version": "<ours>", "startOpts": options}}
    if name == FUNCTIONS:
        return {**answer, "body": documents.by_slug(body)}
    return answer


def routes(release: str) -> list[str]:
    """Return what was asked of the API, but for the user interface."""
    return sorted(load("01-api", release).keys() - UI)


def is_internal(event_name: str) -> bool:
    """Tell whether the server itself sends events of this name."""
    return event_name.startswith("inngest/")


def event_api_answer(answer: Json) -> Json:
    """Return an answer with a long list of ids cut as the recorder cut it."""
    body = answer["body"]
    if isinstance(body, dict) and len(body["ids"]) > 5:
        return {**answer, "body": {**body, "ids": [*body["ids"][:2], f"… {len(body['ids'])} in all"]}}
    return answer


@pytest.mark.parametrize("release", RELEASES)
def test_the_app_is_synced_as_recorded(release: str, performances: Mapping[str, Performance]) -> None:
    """The first sync registers the functions, the next finds nothing modified, and both ask as the real server asks."""
    real, embedded = load("00-sync", release), performances[release].syncs

    assert_same(documents.exchanges(real), documents.exchanges(embedded), "00-sync", release)


@pytest.mark.parametrize(("release", "name"), of_each_release(routes))
def test_the_api_answers_as_recorded(release: str, name: str, performances: Mapping[str, Performance]) -> None:
    """Health, /dev, /v1 and unknown routes answer with the status, headers and body of the real server."""
    real = api_answer(name, load("01-api", release)[name]["response"])
    embedded = api_answer(name, performances[release].api[name])

    assert_same(Normaliser()(real), Normaliser()(embedded), f"01-api, {name}", release)


@pytest.mark.parametrize(("release", "case"), of_each_release(partial(load, "02-event-api")))
def test_the_event_api_answers_as_recorded(release: str, case: str, performances: Mapping[str, Performance]) -> None:
    """An event API request gets the status, headers, ids and error text of the real server."""
    real = load("02-event-api", release)[case]["response"]
    embedded = event_api_answer(performances[release].event_api[case])

    assert_same(Normaliser()(real), Normaliser()(embedded), f"02-event-api, {case}", release)


@pytest.mark.parametrize("path", ["/invoke/probe-plain", "/invoke/probe-nope"])
@pytest.mark.parametrize("release", RELEASES)
def test_invoking_is_answered_as_recorded(path: str, release: str, performances: Mapping[str, Performance]) -> None:
    """An invocation from outside is accepted and gets an id, even if the function doesn't exist."""
    real, embedded = load("51-invoke-api", release)[path]["response"], performances[release].invoke[path]

    assert_same(Normaliser()(real), Normaliser()(embedded), f"51-invoke-api, {path}", release)


@pytest.mark.parametrize("release", RELEASES)
def test_an_invoked_function_is_called_as_recorded(release: str, performances: Mapping[str, Performance]) -> None:
    """A function that is invoked from outside sees the internal event that the real server makes of the invocation."""
    real, embedded = load("51-invoke-api", release), performances[release].invoke

    assert_same(documents.calls(real), documents.calls(embedded), "51-invoke-api", release)


@pytest.mark.parametrize("query", ["functions", "apps"])
@pytest.mark.parametrize("release", RELEASES)
def test_graphql_answers_as_recorded(query: str, release: str, performances: Mapping[str, Performance]) -> None:
    """The lists of apps and functions have the fields, values and order of the real server."""
    real, embedded = load("60-graphql", release)[query]["body"], performances[release].graphql[query]

    assert_same(Normaliser()(real), Normaliser()(embedded), f"60-graphql, {query}", release)


@pytest.mark.parametrize("release", RELEASES)
def test_graphql_lists_events_as_recorded(release: str, performances: Mapping[str, Performance]) -> None:
    """The list of events is newest first, with internal events where the real server lists them."""
    real = load("60-graphql", release)["events"]["body"]["data"]["events"]
    embedded = performances[release].graphql["events"]["data"]["events"]
    names = [event["name"] for event in embedded]

    assert {tuple(event) for event in embedded} == {tuple(real[0])}
    assert [event["id"] for event in embedded] == sorted((event["id"] for event in embedded), reverse=True)
    assert documents.event_names(performances[release].scenarios.values()) <= {*names}
    assert any(map(is_internal, names)) == any(is_internal(event["name"]) for event in real)
