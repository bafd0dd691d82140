"""The two functions, run call by call as Inngest would: what is repeated, what is not, and what siblings notice."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from reference_dispatcher import attempt
from reference_dispatcher.app import Design, create_app
from reference_dispatcher.parts import CATALOGUE, default_parts
from reference_dispatcher.settings import read_settings
from reference_dispatcher.values import Answer, Request, Webhook
from tests.unit.reference_dispatcher.fakes import FakeMatcher, FakeReader, FakeRecorder, FakeSender
from tests.unit.reference_dispatcher.making import webhook
from tests.unit.reference_dispatcher.stepper import RunFailedError, Stepper

pytestmark = pytest.mark.anyio

SETTINGS = read_settings(environ={"DATABASE_URL": "postgresql://nowhere.example/none", "INNGEST_DEV": "1"})
PARTS = default_parts(SETTINGS)
EVENT = {
    "name": "policy/bound",
    "id": "event-1",
    "data": {"tenantId": "t1", "premium": 12.5, "s": "ż\u2028🚀", "none": None},
    "user": {"id": "u1"},
    "ts": 1_795_438_812_765,
}


@pytest.fixture(autouse=True)
def nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no attempt wait out a sleep, all of which take no time here; test_attempt.py asks that it does."""
    monkeypatch.setattr(attempt, "MOST_CUT_OFF", 0.0)


class Dispatcher:
    """The functions of the dispatcher with a matcher, webhooks, a receiver and rows of ours."""

    def __init__(self, *webhooks: Webhook, record_failures: int = 0, **script: Sequence[Any]) -> None:
        known = webhooks or tuple(
            webhook(webhook_id=n, url=f"http://{host}.example/") for n, host in enumerate(script, 1)
        )
        self.matcher = FakeMatcher(*(each.webhook_id for each in known))
        self.reader = FakeReader(*known)
        self.sender = FakeSender(**script)
        self.recorder = FakeRecorder(failures=record_failures)

    def stepper(self) -> Stepper:
        """Return something that runs the functions."""
        parts: dict[str, Any] = {"matcher": self.matcher, "reader": self.reader}
        parts |= {"sender": self.sender, "recorder": self.recorder}
        return Stepper(create_app(SETTINGS, Design(parts=lambda _: replace(PARTS, **parts))))

    async def run(self, **event: Any) -> Any:
        """Run the dispatcher for an event and return the output."""
        return await self.stepper().run("webhook-dispatcher", EVENT | event)

    def hosts(self) -> list[str]:
        """Return who was sent a request, in order."""
        return [request.url.split("/")[2].split(".")[0] for request in self.sender.requests]


async def test_output_counts_what_happened() -> None:
    """The output tells how many webhooks matched, succeeded and failed for good."""
    dispatcher = Dispatcher(good=[200], bad=[500], late=[500, 200])

    assert await dispatcher.run() == {
        "message": "3 webhooks matched",
        "eventType": "policy/bound",
        "webhooksCount": 3,
        "successCount": 2,
        "failureCount": 1,
    }


async def test_every_attempt_is_recorded_once() -> None:
    """Each request leaves one row, `retrying` until the last one."""
    dispatcher = Dispatcher(good=[200], bad=[500, 503, 404], late=[500, 200])
    await dispatcher.run()

    assert dispatcher.recorder.of(1) == [(1, "success", 200)]
    assert dispatcher.recorder.of(2) == [(1, "retrying", 500), (2, "retrying", 503), (3, "failed", 404)]
    assert dispatcher.recorder.of(3) == [(1, "retrying", 500), (2, "success", 200)]


async def test_body_and_delivery_id_stay_the_same() -> None:
    """All attempts of one delivery send the same bytes under the same id; another webhook's id differs."""
    dispatcher = Dispatcher(a=[500], b=[500])
    await dispatcher.run()

    sent = {(dict(each.headers)["X-Beema-Delivery"], each.body) for each in dispatcher.sender.requests}
    assert len(dispatcher.sender.requests) == 6
    assert len({delivery_id for delivery_id, _ in sent}) == len(sent) == 2
    assert {body for _, body in sent} == {
        '{"event":"policy/bound","id":"event-1","data":{"tenantId":"t1","premium":12.5,"s":"ż\u2028🚀","none":null},'
        '"user":{"id":"u1"},"timestamp":1795438812765}'.encode()
    }


async def test_siblings_do_not_notice_each_other() -> None:
    """A dead webhook neither repeats nor prevents the deliveries of others, in whichever order they stand."""
    dispatcher = Dispatcher(dead=[500], good=[200], gone=[410], last=[200])
    await dispatcher.run()

    assert sorted(dispatcher.hosts()) == ["dead", "dead", "dead", "gone", "good", "last"]


async def test_failed_recording_repeats_no_request() -> None:
    """When the row cannot be written the recording is tried again, and the request that was made is not."""
    dispatcher = Dispatcher(good=[200], record_failures=2)
    output = await dispatcher.run()

    assert dispatcher.hosts() == ["good"]
    assert (output["successCount"], dispatcher.recorder.of(1)) == (1, [(1, "success", 200)])


async def test_child_that_ends_in_error_is_a_failure() -> None:
    """A delivery whose recording never works is counted as failed, and its siblings are delivered."""
    dispatcher = Dispatcher(first=[200], second=[200], record_failures=3)
    output = await dispatcher.run()

    assert (output["successCount"], output["failureCount"]) == (1, 1)
    assert dispatcher.hosts() == ["first", "second"]


async def test_matching_that_fails_is_tried_again() -> None:
    """While the database is away the run waits for it, instead of ending well with nobody matched."""
    dispatcher = Dispatcher(good=[200])
    dispatcher.matcher = FakeMatcher(1, failures=[ConnectionError("away")])

    assert (await dispatcher.run())["webhooksCount"] == 1


async def test_matching_that_always_fails_fails_the_run() -> None:
    """A run that could not ask who wants the event does not pretend that nobody did."""
    dispatcher = Dispatcher(good=[200])
    dispatcher.matcher = FakeMatcher(1, failures=[ConnectionError("away")] * 9)

    with pytest.raises(RunFailedError, match="away"):
        await dispatcher.run()


async def test_event_that_nobody_wants_ends_well() -> None:
    """Without a matching webhook the run ends at once, with zeros."""
    dispatcher = Dispatcher(good=[200])
    dispatcher.matcher = FakeMatcher()
    output = await dispatcher.run()

    assert (output["message"], output["webhooksCount"], dispatcher.hosts()) == ("0 webhooks matched", 0, [])


async def test_fifty_webhooks_get_fifty_deliveries() -> None:
    """Every matching webhook gets its delivery, however many there are."""
    dispatcher = Dispatcher(*(webhook(webhook_id=number) for number in range(1, 51)))
    output = await dispatcher.run()

    assert (output["successCount"], len(dispatcher.sender.requests)) == (50, 50)
    assert len(dispatcher.recorder.rows) == 50


@pytest.mark.parametrize(
    "data", [{"tenantId": ""}, {"tenantId": 7}, {"tenantId": None}], ids=["empty", "number", "null"]
)
async def test_unusable_tenant_matches_nobody(data: dict[str, Any]) -> None:
    """An event of an unusable tenant is not even matched, and the output says why."""
    dispatcher = Dispatcher(good=[200])
    output = await dispatcher.run(data=data)

    assert output["message"].startswith("tenantId is not a non-empty string: ")
    assert (output["webhooksCount"], dispatcher.matcher.asked) == (0, [])


async def test_whole_event_is_matched_and_sent() -> None:
    """Null data stays null and the user is there, although the SDK's own event says otherwise."""
    dispatcher = Dispatcher(good=[200])
    await dispatcher.run(data=None)

    [(event, tenant)] = dispatcher.matcher.asked
    assert (event.data, event.user, tenant) == (None, {"id": "u1"}, "default")
    assert b'"data":null,"user":{"id":"u1"}' in dispatcher.sender.requests[0].body


async def test_back_off_counts_from_the_end_of_the_attempt() -> None:
    """The pause before attempt k+1 ends half a second before backoffMs times two to the power of k-1 are over."""
    dispatcher = Dispatcher(bad=[500])
    stepper = dispatcher.stepper()
    await stepper.run("webhook-dispatcher", EVENT)

    pauses = [
        (datetime.fromisoformat(until) - datetime.fromisoformat(dispatcher.recorder.rows[1, number].finished_at))
        for number, (_, until) in enumerate(stepper.naps, 1)
    ]
    assert [name for name, _ in stepper.naps] == ["backoff:1", "backoff:2"]
    assert [pause.total_seconds() for pause in pauses] == [pytest.approx(0.6, abs=0.101), pytest.approx(1.7, abs=0.201)]


class _Changing(FakeSender):
    """A receiver that fails, while the owner of the webhook changes it."""

    def __init__(self, reader: FakeReader, **change: Any) -> None:
        super().__init__(receiver=[500])
        self._reader = reader
        self._change = change

    async def send(self, request: Request) -> Answer:
        self._reader.webhooks = {1: webhook(**self._change)} if self._change else {}
        return await super().send(request)


@pytest.mark.parametrize(
    "change", [{"enabled": False}, {"retry_config": {"maxAttempts": 0}}], ids=["disabled", "fewer"]
)
async def test_attempt_that_is_called_off_leaves_nothing_retrying(change: dict[str, Any]) -> None:
    """A webhook that is disabled between attempts gets no more, its last row is final, and the run ends well."""
    dispatcher = Dispatcher(webhook())
    dispatcher.sender = _Changing(dispatcher.reader, **change)
    output = await dispatcher.run()

    assert (len(dispatcher.sender.requests), dispatcher.recorder.of(1)) == (1, [(1, "failed", 500)])
    assert "not tried again: the webhook" in str(dispatcher.recorder.rows[1, 1].error_message)
    assert output["failureCount"] == 1


async def test_webhook_deleted_between_attempts_gets_no_more() -> None:
    """A webhook that is deleted between attempts ends its delivery, and the run ends well."""
    dispatcher = Dispatcher(webhook())
    dispatcher.sender = _Changing(dispatcher.reader)
    output = await dispatcher.run()

    assert (len(dispatcher.sender.requests), output["failureCount"]) == (1, 1)


async def test_webhook_disabled_after_matching_gets_nothing() -> None:
    """A webhook that is disabled before its first attempt is neither sent to nor recorded nor counted as failed."""
    dispatcher = Dispatcher(webhook(enabled=False))
    output = await dispatcher.run()

    assert (output["webhooksCount"], output["failureCount"], dispatcher.recorder.rows) == (1, 0, {})


async def test_too_large_event_fails_visibly_for_each_webhook() -> None:
    """An event over the limit is a recorded failure of every webhook that was to get it."""
    dispatcher = Dispatcher(a=[200], b=[200])
    output = await dispatcher.run(data={"tenantId": "t1", "big": "x" * 1_000_000})

    assert (output["failureCount"], dispatcher.hosts()) == (2, [])
    assert "at most 1000000 are delivered" in str(dispatcher.recorder.rows[2, 1].error_message)


async def test_no_secret_gets_to_inngest() -> None:
    """Nothing that the functions answer, and so nothing that Inngest stores, holds a secret or a configured header."""
    dispatcher = Dispatcher(webhook(secret="s3cret", headers={"Authorization": "t0ken"}), receiver=[500])
    stepper = dispatcher.stepper()
    await stepper.run("webhook-dispatcher", EVENT)

    assert len(stepper.replies) > 10
    assert not any("s3cret" in reply or "t0ken" in reply for reply in stepper.replies)


async def test_stranger_cannot_order_a_delivery() -> None:
    """The child refuses, for good, an event that is no order of its parent."""
    with pytest.raises(RunFailedError, match="for webhook-dispatcher to invoke"):
        await Dispatcher(good=[200]).stepper().run("webhook-delivery", EVENT)


def test_triggers_are_the_catalogue_by_name() -> None:
    """The dispatcher is triggered by each event of the catalogue, by its full name and by no pattern."""
    assert PARTS.triggers == CATALOGUE
    assert len(set(CATALOGUE)) == 8
    assert not any("*" in name for name in CATALOGUE)
