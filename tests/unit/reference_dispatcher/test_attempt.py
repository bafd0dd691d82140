"""One attempt: every bad receiver and every bad webhook is an outcome, and none is an exception."""

import json
import logging
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reference_dispatcher import attempt
from reference_dispatcher.attempt import Attempter
from reference_dispatcher.parts import Parts, default_parts
from reference_dispatcher.settings import read_settings
from reference_dispatcher.signature import beema_signature
from reference_dispatcher.values import Outcome, RefusedError, Webhook
from tests.unit.reference_dispatcher.fakes import FakeReader, FakeSender
from tests.unit.reference_dispatcher.making import answer, delivery, webhook

pytestmark = pytest.mark.anyio


SETTINGS = read_settings(environ={"DATABASE_URL": "postgresql://nowhere.example/none", "INNGEST_DEV": "1"})
PARTS = default_parts(SETTINGS)


def parts(*webhooks: Webhook, **script: Any) -> Parts:
    """Return the parts of the dispatcher with webhooks of ours and a scripted receiver."""
    return replace(PARTS, reader=FakeReader(*webhooks), sender=FakeSender(**script))


def sent(these: Parts) -> dict[str, str]:
    """Return the headers of the only request."""
    assert isinstance(these.sender, FakeSender)
    [request] = these.sender.requests
    return dict(request.headers)


async def test_request_carries_event_identity_and_signatures() -> None:
    """A request names its event and delivery, is signed over its very bytes, and asks for a plain answer."""
    these = parts(webhook(headers={"X-Own": "1"}))
    await Attempter(these).make(delivery(body='{"ż":1}'), 1)

    headers = sent(these)
    assert (headers["X-Beema-Event"], headers["X-Beema-Delivery"]) == ("policy/bound", delivery().delivery_id)
    assert headers["X-Beema-Signature"] == "sha256=" + beema_signature('{"ż":1}'.encode(), "secret-1")
    assert headers["webhook-id"] == headers["X-Beema-Delivery"]
    assert (headers["Content-Type"], headers["Accept-Encoding"], headers["X-Own"]) == (
        "application/json",
        "identity",
        "1",
    )


async def test_timestamp_is_of_the_attempt() -> None:
    """The signed timestamp is the time of this attempt in whole seconds."""
    these = parts()
    await Attempter(these).make(delivery(), 1)

    assert int(sent(these)["webhook-timestamp"]) == pytest.approx(time.time(), abs=2)


async def test_success_is_final() -> None:
    """A 2xx ends the delivery at its first attempt."""
    outcome = await Attempter(parts(receiver=[204])).make(delivery(), 1)

    assert (outcome.status, outcome.status_code, outcome.error_message, outcome.resume_at) == (
        "success",
        204,
        None,
        None,
    )


@pytest.mark.parametrize(("number", "status"), [(1, "retrying"), (2, "retrying"), (3, "failed")])
async def test_last_attempt_is_final(number: int, status: str) -> None:
    """A failure is to be retried until the webhook's attempts are used up."""
    outcome = await Attempter(parts(receiver=[500])).make(delivery(), number)

    assert (outcome.status, outcome.error_message) == (status, "the receiver answered 500")
    assert (outcome.resume_at is None) == (status == "failed")


async def test_no_answer_has_no_code() -> None:
    """When no answer came there is no status code and no body, but a reason."""
    outcome = await Attempter(parts(receiver=["ConnectError: Connection refused"])).make(delivery(), 1)

    assert (outcome.status_code, outcome.response_body) == (None, None)
    assert outcome.error_message == "ConnectError: Connection refused"


async def test_gone_disables_and_ends() -> None:
    """410 is final at once and asks for the webhook to be disabled."""
    outcome = await Attempter(parts(receiver=[410])).make(delivery(), 1)

    assert (outcome.status, outcome.disable, outcome.resume_at) == ("failed", True, None)


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b"x" * 5000, "x" * 1000),
        ("ż".encode() * 5000, "ż" * 1000),
        (b"\0a\0\xffb", "a\ufffdb"),
        (b"", ""),
    ],
    ids=["long", "long-unicode", "binary", "empty"],
)
async def test_answer_is_kept_as_text(body: bytes, kept: str) -> None:
    """Of an answer the first 1000 characters are kept, as text that a row can hold."""
    assert (await Attempter(parts(receiver=[answer(body=body)])).make(delivery(), 1)).response_body == kept


@pytest.mark.parametrize(
    "broken",
    [{"secret": ""}, {"secret": None}, {"headers": {"X": 1}}, {"headers": "X: 1"}],
    ids=["empty-secret", "no-secret", "number", "text"],
)
async def test_webhook_that_cannot_be_served_is_refused(broken: dict[str, Any]) -> None:
    """Without a secret or with headers that cannot be sent, nothing is sent, and the failure is final."""
    these = parts(webhook(**broken))
    outcome = await Attempter(these).make(delivery(), 1)

    assert (outcome.status, outcome.status_code, outcome.resume_at) == ("failed", None, None)
    assert isinstance(these.sender, FakeSender)
    assert these.sender.requests == []


async def test_refusal_of_the_sender_is_final() -> None:
    """A URL that cannot be used, or leads inside, is a failure that is not tried again."""
    outcome = await Attempter(parts(receiver=[RefusedError("leads inside")])).make(delivery(), 1)

    assert (outcome.status, outcome.error_message, outcome.resume_at) == ("failed", "leads inside", None)


async def test_payload_that_is_too_large_fails_visibly() -> None:
    """An event that is not fit to be sent is a failure with its reason."""
    outcome = await Attempter(parts()).make(delivery(body=None, refusal="the payload has 1000001 bytes"), 1)

    assert (outcome.status, outcome.error_message) == ("failed", "the payload has 1000001 bytes")


@pytest.mark.parametrize(
    ("change", "number", "reason"),
    [
        ({"enabled": False}, 1, "disabled"),
        ({"enabled": None}, 1, "disabled"),
        ({"webhook_id": 2}, 1, "deleted"),
        ({"retry_config": {"maxAttempts": 1}}, 2, "fewer attempts"),
    ],
    ids=["disabled", "null", "deleted", "fewer"],
)
async def test_attempt_that_is_not_wanted_any_more_is_not_made(
    change: dict[str, Any], number: int, reason: str
) -> None:
    """What was changed since the event was matched counts: the attempt is called off."""
    outcome = await Attempter(parts(webhook(**change))).make(delivery(), number)

    assert outcome.status == "stopped"
    assert reason in str(outcome.error_message)


async def test_changed_webhook_counts_for_the_next_attempt() -> None:
    """URL, secret and headers are those of the moment of the attempt."""
    these = parts()
    assert isinstance(these.reader, FakeReader)
    assert isinstance(these.sender, FakeSender)
    these.reader.webhooks[1] = webhook(url="http://new.example/", secret="new", headers={"X-New": "1"})
    await Attempter(these).make(delivery(), 2)

    assert these.sender.requests[0].url == "http://new.example/"
    assert sent(these)["X-Beema-Signature"] == "sha256=" + beema_signature(these.sender.requests[0].body, "new")
    assert sent(these)["X-New"] == "1"


async def test_one_line_in_the_log_follows_each_attempt(caplog: pytest.LogCaptureFixture) -> None:
    """An attempt is one line with event, webhook, number and status, whatever the publisher put into the id."""
    with caplog.at_level(logging.INFO):
        await Attempter(parts()).make(delivery(event_id="event\n1 INFO forged"), 1)

    assert caplog.messages == [r"attempt event=event\n1 INFO forged webhook=1 number=1 status=success code=200 error=-"]


async def test_no_secret_leaves_an_attempt(caplog: pytest.LogCaptureFixture) -> None:
    """The secret and the webhook's own headers are neither in the outcome nor in the log nor in a printed request."""
    these = parts(webhook(secret="s3cret", headers={"Authorization": "t0ken"}), receiver=[500])
    with caplog.at_level(logging.DEBUG):
        outcome = await Attempter(these).make(delivery(), 1)

    assert isinstance(these.sender, FakeSender)
    everything = (
        json.dumps(outcome.to_wire()) + caplog.text + repr(these.sender.requests) + repr(webhook(secret="s3cret"))
    )
    assert "s3cret" not in everything
    assert "t0ken" not in everything


@pytest.mark.parametrize(("ahead", "waited"), [(0.2, 0.2), (60.0, 0.3), (-5.0, 0.0)])
async def test_what_a_server_cuts_off_a_sleep_is_waited_out(
    monkeypatch: pytest.MonkeyPatch, ahead: float, waited: float
) -> None:
    """An attempt that is made too early waits until it may be made, but not for a clock that is far off."""
    monkeypatch.setattr(attempt, "MOST_CUT_OFF", 0.3)
    resume = datetime.now(UTC) + timedelta(seconds=ahead)
    earlier = Outcome(number=1, status="retrying", resume_at=resume.isoformat(), finished_at="")

    started = time.monotonic()
    await Attempter(parts(receiver=[200])).make(delivery(), 2, earlier)

    assert waited - 0.02 <= time.monotonic() - started < waited + 2  # the machine may be busy
