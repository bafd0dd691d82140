"""The probe app beside the one of the recording: what it answers must not be a source of differences."""

from typing import Any

import httpx

from harness.processes.ports import free_port
from tests.unit.embedded_inngest.differences import assert_same
from tests.unit.embedded_inngest.launching import Launcher, probe
from tests.unit.embedded_inngest.normalised import Normaliser
from tests.unit.embedded_inngest.recordings import Json, load, scenarios

NEEDS_AN_ENGINE = "17-send"
"""A call of this scenario sends events while it is answered."""


def answer_again(client: httpx.Client, request: Json) -> Json:
    """Ask the app what the server asked it, and return the answer in the form of the transcripts."""
    response = client.post(request["url"], json=request["body"], headers=request["headers"])
    return {"status": response.status_code, "body": response.json()}


def status_and_body(answer: Json) -> Any:
    """Return the part of an answer that does not depend on the version of the SDK."""
    return Normaliser()([answer["status"], answer["body"]])


def test_the_probe_app_answers_as_the_recorded_one(launcher: Launcher) -> None:
    """The probe app answers each recorded call as it was answered then."""
    app = probe("http://127.0.0.1:9", port=free_port())

    with launcher.running(app), httpx.Client(base_url=app.url, trust_env=False) as client:
        for name in {*scenarios()} - {NEEDS_AN_ENGINE}:
            calls = load(name)["calls"]
            answers = [status_and_body(answer_again(client, call["request"])) for call in calls]
            assert_same([status_and_body(call["response"]) for call in calls], answers, name)
