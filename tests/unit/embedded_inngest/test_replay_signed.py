"""The embedded engine in the signed mode against the transcript of the real server in that mode."""

from typing import Any

import pytest

from tests.unit.embedded_inngest import documents
from tests.unit.embedded_inngest.differences import assert_same
from tests.unit.embedded_inngest.normalised import Normaliser
from tests.unit.embedded_inngest.recordings import Json, load
from tests.unit.embedded_inngest.signed import TRANSCRIPT, SignedPerformance, asked, without_signature


def recorded_answer(name: str) -> Json:
    """Return a recorded answer, with the body of the other one to which it may refer."""
    recording = load(TRANSCRIPT)
    answer: Json = recording[name]["response"]
    body = answer["body"]
    other = body.get("same as") if isinstance(body, dict) else None
    return {**answer, "body": recording[other]["response"]["body"]} if other else answer


def comparable(answer: Json) -> Any:
    """Return an answer with names in the place of ids and times."""
    return Normaliser()({**answer, "body": documents.by_slug(answer["body"])})


@pytest.mark.parametrize("name", asked())
def test_keys_are_wanted_as_recorded(name: str, signed: SignedPerformance) -> None:
    """Each route is open or guarded as on the real server, and refuses in its words."""
    assert_same(comparable(recorded_answer(name)), comparable(signed.answers[name]), f"{TRANSCRIPT}, {name}")


def test_the_app_is_asked_to_register_as_recorded(signed: SignedPerformance) -> None:
    """The request to register is signed, and a healthy app is not asked again: the signed mode does not poll."""
    real, embedded = load(TRANSCRIPT)["sync_calls"], signed.syncs

    assert_same(
        documents.exchanges([without_signature(call) for call in real]),
        documents.exchanges([without_signature(call) for call in embedded]),
        TRANSCRIPT,
    )


def test_the_app_is_called_as_recorded(signed: SignedPerformance) -> None:
    """Each call is signed over its body and its time, and otherwise is that of the dev server."""
    real, embedded = (
        [without_signature(call) for call in calls] for calls in (load(TRANSCRIPT)["calls"], signed.calls)
    )

    assert_same(documents.calls({"calls": real}), documents.calls({"calls": embedded}), TRANSCRIPT)
    assert {call["request"]["headers"]["x-inngest-signature"] for call in real} == {"<right>"}
