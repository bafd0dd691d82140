"""The judge judged: a transcript equals itself, and the smallest change to it is a difference."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from harness.errors import UnmetError
from tests.unit.embedded_inngest import documents
from tests.unit.embedded_inngest.differences import assert_same
from tests.unit.embedded_inngest.normalised import Normaliser
from tests.unit.embedded_inngest.recordings import Json, load, scenarios

ULID = "01M847VGT60PGPDZFXHS7RVJF4"


def first_call(observed: Json) -> Json:
    """Return the first request to the app."""
    request: Json = observed["calls"][0]["request"]
    return request


CHANGES: dict[str, Callable[[Json], Any]] = {
    "a header too many": lambda observed: first_call(observed)["headers"].update({"x-new": "1"}),
    "a header missing": lambda observed: first_call(observed)["headers"].pop("x-request-id"),
    "the run id of another run": lambda observed: first_call(observed)["body"]["ctx"].update(run_id=ULID),
    "a key missing": lambda observed: first_call(observed)["body"].pop("defers"),
    "a string for a number": lambda observed: first_call(observed)["body"]["ctx"].update(attempt="0"),
    "1.0 for 1": lambda observed: first_call(observed)["body"]["ctx"].update(generation_id=1.0),
    "a time of the wrong type": lambda observed: first_call(observed)["body"]["event"].update(ts="now"),
    "a queue item of another job": lambda observed: first_call(observed)["body"]["ctx"].update(
        qi_id="eDo6ZGVmYXVsdA=="
    ),
    "a call too many": lambda observed: observed["calls"].append(deepcopy(observed["calls"][-1])),
    "a call missing": lambda observed: observed["calls"].pop(),
    "calls swapped": lambda observed: observed["calls"][0].update(t=99.0),
}


@pytest.mark.parametrize("name", scenarios())
def test_a_transcript_equals_itself_under_other_ids(name: str) -> None:
    """Other ids, times and ports on another day are no difference."""
    real = load(name)
    text = json.dumps(real).replace("01M847", "02N958").replace("2026-11-23T1", "2027-01-05T2").replace("3100", "45678")
    embedded = json.loads(text)

    for document in (documents.calls, documents.answers, documents.runs):
        assert_same(document(real), document(embedded), name)


@pytest.mark.parametrize("change", CHANGES)
def test_the_smallest_change_of_a_call_is_a_difference(change: str) -> None:
    """What isn't an id, a time or a port must be equal, and equal ids must stay equal."""
    real, embedded = load("11-steps"), load("11-steps")
    CHANGES[change](embedded)

    with pytest.raises(UnmetError, match="the embedded engine"):
        assert_same(documents.calls(real), documents.calls(embedded), "11-steps")


@pytest.mark.parametrize("part", ["status", "output", "trace"])
def test_another_end_of_a_run_is_a_difference(part: str) -> None:
    """A run that ended in another way, with another output or after other steps, is told apart."""
    real, embedded = load("11-steps"), load("11-steps")
    embedded["runs"][0]["details"][0]["graphql"]["data"]["run"][part] = None

    with pytest.raises(UnmetError, match=f'-.*"{part}"'):
        assert_same(documents.runs(real), documents.runs(embedded), "11-steps")


def test_a_difference_is_shown_as_a_diff() -> None:
    """A difference names the transcript and shows what was recorded and what was seen, line by line."""
    with pytest.raises(UnmetError) as caught:
        assert_same({"status": 200, "body": {}}, {"status": 201, "body": {}}, "01-api")

    assert "transcript 01-api" in str(caught.value)
    assert '- "status": 200\n+ "status": 201' in str(caught.value)


def test_ids_are_told_apart() -> None:
    """Equal ids get one name, different ones get two, wherever they stand."""
    other = ULID.replace("0", "1")

    assert Normaliser()([ULID, f"run {other}", ULID]) == ["<ulid 1>", "run <ulid 2>", "<ulid 1>"]
