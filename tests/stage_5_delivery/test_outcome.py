"""RET-01 to RET-03: which answers are a success, and what is made of the others."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from fixtures.journeys import Publish
from harness.judges.outcomes import must_answer
from harness.judges.records import agree
from harness.processes.ports import free_port
from harness.receiver.answers import Answer, HalfAnswer, Hang, Reset, Script
from harness.receiver.placing import placed_receiver
from harness.receiver.receiver import Receiver
from harness.settings import Settings
from harness.targets import Target
from harness.webhooks import Webhooks

JSON = [("Content-Type", "application/json")]
SUCCESSES = {
    "200": Answer(200),
    "201": Answer(201),
    "202": Answer(202),
    "204 without a body": Answer(204, body=b""),
    "299": Answer(299),
    "no JSON": Answer(200, headers=JSON, body=b"<html>fine</html>"),
    "an error in JSON": Answer(200, headers=JSON, body=b'{"success": false, "error": "not really"}'),
    "an empty body": Answer(200, body=b""),
}

FAILURES: dict[str, Script] = {
    "400": Answer(400),
    "401": Answer(401),
    "404": Answer(404),
    "429": Answer(429),
    "500": Answer(500),
    "503": Answer(503),
    "reset": Reset(),
    "half an answer": HalfAnswer(),
}
"""What an endpoint can do wrong at once."""

BEYOND_WORKERS = 100
"""A place that no process of the run has."""

TWO_ATTEMPTS = {"maxAttempts": 2, "backoffMs": 20}


@pytest.fixture
def elsewhere(settings: Settings, target: Target) -> Iterator[Receiver]:
    """Another server, on a port of its own."""
    with closing(placed_receiver(settings, target, place=BEYOND_WORKERS)) as receiver:
        yield receiver.start()


@pytest.mark.requirement("RET-01")
def test_every_2xx_is_a_success(webhooks: Webhooks, publish: Publish) -> None:
    """Any status from 200 to 299 is a success whatever the body says: one POST, and a row that says so."""
    endpoints = {name: webhooks.create(answers=[answer]) for name, answer in SUCCESSES.items()}

    journey = publish()

    must_answer(journey, endpoints, {name: [answer.status] for name, answer in SUCCESSES.items()})
    for webhook in endpoints.values():
        agree(journey.attempts(webhook), journey.rows(webhook))


@pytest.mark.requirement("RET-02")
def test_redirect_is_a_failure_and_never_followed(
    webhooks: Webhooks, publish: Publish, receiver: Receiver, elsewhere: Receiver, tenant: str
) -> None:
    """A 3xx is retried and recorded as the failure that it is, and nobody calls at the place that it points to."""
    target = f"/{tenant}/redirected"
    for server in (receiver, elsewhere):
        server.script(target, [200])
    locations = {f"{code} absolute": (code, receiver.url(target)) for code in (301, 302, 303, 307, 308)}
    locations |= {"302 relative": (302, target), "307 relative": (307, "redirected")}
    locations |= {"302 other host": (302, elsewhere.url(target)), "308 other host": (308, elsewhere.url(target))}
    endpoints = {
        name: webhooks.create(answers=[Answer(code, headers=[("Location", location)])], retry_config=TWO_ATTEMPTS)
        for name, (code, location) in locations.items()
    }

    journey = publish()
    journey.ends()

    assert {attempt.target for attempt in (*receiver.attempts(target), *elsewhere.attempts())} == set()
    must_answer(journey, endpoints, {name: [code, code] for name, (code, _) in locations.items()})
    final = {name: [(row.status, row.status_code) for row in journey.rows(endpoints[name])[-1:]] for name in locations}
    assert final == {name: [("failed", code)] for name, (code, _) in locations.items()}


@pytest.mark.requirement("RET-03")
def test_whatever_goes_wrong_is_tried_again(webhooks: Webhooks, publish: Publish, target: Target) -> None:
    """4xx, 5xx, a reset, half an answer and silence are each followed by another attempt, which may succeed."""
    patience = target.timeouts.attempt
    failures = FAILURES | {"silence": Hang(patience * 1.5)}  # longer than the dispatcher waits
    endpoints = {name: webhooks.create(answers=[failure, 200]) for name, failure in failures.items()}

    expected = {name: [failure.status, 200] for name, failure in failures.items()}
    must_answer(publish(), endpoints, expected, longer=patience)


@pytest.mark.requirement("RET-03")
def test_receiver_that_cannot_be_reached_is_tried_again(webhooks: Webhooks, publish: Publish) -> None:
    """A refused connection and a name that nobody has are retried like any failure, as the last row shows."""
    urls = {"refused": f"http://127.0.0.1:{free_port()}/", "no such host": "http://no-such-host.invalid/"}
    unreachable = {name: webhooks.create(url=url, retry_config=TWO_ATTEMPTS) for name, url in urls.items()}

    journey = publish()
    journey.ends()

    final = {
        name: [(row.attempt_number, row.status, row.status_code) for row in journey.rows(webhook, count=2)[-1:]]
        for name, webhook in unreachable.items()
    }
    assert final == {name: [(2, "failed", None)] for name in urls}
