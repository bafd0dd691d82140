"""REQ-01 to REQ-10: what is sent, where to, and what can go wrong in building it."""

import hashlib
import json
import secrets
import time

import httpx
import pytest

from fixtures.journeys import Publish
from harness.events import stored_event
from harness.journey import Journey
from harness.judges.outcomes import must_answer
from harness.judges.payloads import FIELDS, TELLING, body_of, same
from harness.odd_webhooks import Columns, create_each, delivered_or_refused, forgeries
from harness.receiver.attempts import Attempt
from harness.receiver.receiver import Receiver
from harness.targets import Target
from harness.webhooks import Webhook, Webhooks

ODD_TARGETS = (
    "/a%2Fb/c%20d?x=1&x=2&y=%C3%A9&empty=",
    "/no-slash-at-the-end",
    "/slash-at-the-end/",
    "//two//slashes",
    "/lower%c3%a9/case/%7Eescape;p=1",
    "/plus?plus=a+b&escaped=a%2Bb&space=a%20b&equals=a=b&flag",
)
"""Paths and queries that are legal as they stand, and that an HTTP library likes to tidy up."""

INJECTIONS: Columns = {
    "CR LF in a value": {"headers": {"X-Note": "a\r\nX-Injected: yes"}},
    "LF in a value": {"headers": {"X-Note": "a\nX-Injected: yes"}},
    "CR in a value": {"headers": {"X-Note": "a\rX-Injected: yes"}},
    "end of headers in a value": {"headers": {"X-Note": "a\r\n\r\nX-Injected: yes"}},
    "CR LF in a name": {"headers": {"X-Note: a\r\nX-Injected": "yes"}},
}

ODD_HEADERS: Columns = {
    "SQL null": {"headers": None},
    "null": {"headers": "null"},
    "array": {"headers": '["X-A"]'},
    "number": {"headers": "42"},
    "text": {"headers": '"X-A: 1"'},
    "number as value": {"headers": {"X-A": 7}},
    "null as value": {"headers": {"X-A": None}},
    "nested": {"headers": {"X-A": {"b": ["c"]}}},
    "beyond latin-1": {"headers": {"X-A": "✓ żółć"}},
    "name beyond ASCII": {"headers": {"Ж": "x"}},
    "empty name": {"headers": {"": "x"}},
}


@pytest.mark.requirement("REQ-01")
def test_url_is_used_exactly_as_written(webhooks: Webhooks, publish: Publish, receiver: Receiver, tenant: str) -> None:
    """Each webhook gets one POST to the very path and query that its URL has, escapes and slashes included."""
    for target in ODD_TARGETS:
        webhooks.create(path=f"/{tenant}{target}")

    journey = publish()
    journey.ends()

    receiver.wait_for(lambda _: len(sent_to(tenant, receiver)) >= len(ODD_TARGETS), within=journey.within(2))
    seen = [f"{attempt.method} {attempt.target.removeprefix(f'/{tenant}')}" for attempt in sent_to(tenant, receiver)]
    assert sorted(seen) == sorted(f"POST {target}" for target in ODD_TARGETS)


@pytest.mark.requirement("REQ-01")
def test_content_length_counts_the_bytes_of_a_whole_body(webhooks: Webhooks, publish: Publish) -> None:
    """The Host header names host and port of the URL, and Content-Length counts bytes, not characters."""
    webhook = webhooks.create()

    journey = publish(data={"text": "żółć 🚀" * 20})

    attempt = only_request(journey, webhook)
    assert attempt.headers_named("Content-Length") == (str(len(attempt.body)),)
    assert attempt.headers_named("Host") == (webhook.url.split("/")[2],)
    same(journey.event["data"], body_of(attempt)["data"], what="data")


@pytest.mark.requirement("REQ-02")
def test_body_is_the_event_as_one_json_object(webhooks: Webhooks, publish: Publish) -> None:
    """The body is one JSON object that says which event it is, and when that happened in milliseconds."""
    webhook = webhooks.create()
    an_hour_ago = int(time.time() * 1000) - 3_600_000
    user = {"id": "user-1", "email": "zoë@example.org"}

    journey = publish(ts=an_hour_ago, user=user)

    attempt = only_request(journey, webhook)
    body = body_of(attempt)
    assert [media_type(value) for value in attempt.headers_named("Content-Type")] == ["application/json"]
    assert (body["event"], body["id"]) == ("policy/bound", journey.event["id"])
    assert (body["user"], body["timestamp"]) == (user, an_hour_ago)


@pytest.mark.requirement("REQ-02")
def test_event_without_id_and_time_gets_those_of_inngest(webhooks: Webhooks, publish: Publish) -> None:
    """An event published without id, time and user is delivered with the id and the time that Inngest gave it."""
    webhook = webhooks.create()
    event = publish.event()
    del event["id"]

    [journey] = publish.batch([event])

    body = body_of(only_request(journey, webhook))
    stored = stored_event(journey, within=journey.within(2))
    assert (body["id"], body["timestamp"]) == (stored["id"], stored["ts"])
    assert body["user"] in ({}, None)


@pytest.mark.requirement("REQ-03")
def test_data_is_what_inngest_holds(webhooks: Webhooks, publish: Publish) -> None:
    """`data` arrives as Inngest holds it: every letter, number, null, empty and nested value."""
    webhook = webhooks.create()

    journey = publish(data=TELLING)

    body = body_of(only_request(journey, webhook))
    same(stored_event(journey, within=journey.within(2))["data"], body["data"], what="data")


@pytest.mark.requirement("REQ-03")
def test_empty_data_stays_empty(webhooks: Webhooks, publish: Publish) -> None:
    """An event whose data is the tenant alone is delivered with the tenant alone."""
    webhook = webhooks.create()

    journey = publish(data={})

    same({"tenantId": webhook.tenant}, body_of(only_request(journey, webhook))["data"], what="data")


@pytest.mark.requirement("REQ-04")
def test_every_attempt_sends_the_same_bytes(webhooks: Webhooks, publish: Publish) -> None:
    """All attempts of one event at one webhook have the same body, byte for byte."""
    webhook = webhooks.create(answers=[500, 503, 200])

    journey = publish(data=TELLING)
    journey.ends()

    attempts = journey.arrives(webhook, times=3)
    digests = [hashlib.sha256(attempt.body).hexdigest() for attempt in attempts]
    assert digests == [digests[0]] * 3


@pytest.mark.requirement("REQ-05")
def test_event_header_names_the_event(webhooks: Webhooks, publish: Publish, target: Target) -> None:
    """The event's header is the name of the event, for a webhook of all events too, and on every attempt."""
    every, exact = webhooks.create("*", answers=[500, 500, 200]), webhooks.create("claim/opened")

    bound, opened = publish("policy/bound"), publish("claim/opened")
    bound.ends()
    opened.ends()

    for journey, webhook in ((bound, every), (opened, every), (opened, exact)):
        names = {attempt.headers_named(target.headers.event) for attempt in journey.arrives(webhook)}
        assert names == {(journey.event["name"],)}


@pytest.mark.requirement("REQ-06")
def test_configured_headers_go_to_their_webhook_alone(webhooks: Webhooks, publish: Publish) -> None:
    """The headers of a webhook are on each of its attempts, and on none of its siblings'."""
    headers = {"X-Api-Key": f"key-{secrets.token_hex(4)}", "Authorization": "Bearer of-one-webhook"}
    configured = {"before": {}, "the one": headers, "after": {}}
    endpoints = {name: webhooks.create(answers=[500, 500, 200], headers=own) for name, own in configured.items()}

    journey = publish()
    journey.ends()

    sent = {
        name: [[attempt.headers_named(header) for header in headers] for attempt in journey.arrives(webhook, times=3)]
        for name, webhook in endpoints.items()
    }
    none, all_of_them = [()] * len(headers), [(value,) for value in headers.values()]
    assert sent == {"before": [none] * 3, "the one": [all_of_them] * 3, "after": [none] * 3}


@pytest.mark.requirement("REQ-07")
def test_configured_headers_cannot_replace_ours(webhooks: Webhooks, publish: Publish, target: Target) -> None:
    """A configured header that has the name of one of ours, in whatever spelling, leaves ours as it is and alone."""
    honest, forged = webhooks.create(), forgeries(target)
    forgers = {name: webhooks.create(headers={name: value}) for name, value in forged.items()}

    journey = publish()

    ours = [name for name in forged if only_request(journey, honest).headers_named(name)]
    seen = {
        name: [attempt.headers_named(name) for attempt in delivered_or_refused(journey, forgers[name])] for name in ours
    }
    replaced = {
        name: values for name, values in seen.items() if any(len(each) != 1 or forged[name] in each for each in values)
    }
    assert replaced == {}


@pytest.mark.requirement("REQ-07")
def test_configured_headers_cannot_inject_others(webhooks: Webhooks, publish: Publish) -> None:
    """A line break in a configured header adds no header, ends no request, and harms no sibling."""
    sibling = webhooks.create()
    injecting = create_each(webhooks, INJECTIONS)

    journey = publish()

    only_request(journey, sibling)
    reached = {case: delivered_or_refused(journey, webhook) for case, webhook in injecting.items()}
    assert [case for case, attempts in reached.items() if any(map(has_injected, attempts))] == []


@pytest.mark.requirement("REQ-08")
def test_odd_headers_fail_only_their_webhook(webhooks: Webhooks, publish: Publish) -> None:
    """A webhook whose `headers` are no object of texts fails alone, and says so; its siblings get their one POST."""
    healthy = {"before": webhooks.create()}
    odd = create_each(webhooks, ODD_HEADERS)
    healthy |= {"without headers": webhooks.create(headers={}), "after": webhooks.create(headers={"X-A": "fine"})}

    journey = publish()

    must_answer(journey, healthy, {name: [200] for name in healthy})
    for webhook in odd.values():
        delivered_or_refused(journey, webhook)


@pytest.mark.requirement("REQ-09")
def test_body_carries_nothing_but_the_event(webhooks: Webhooks, publish: Publish, tenant: str) -> None:
    """The body has the event's fields and no other: no secret, no configuration, nothing of another tenant."""
    canaries = {
        what: f"canary-{secrets.token_hex(8)}" for what in ("secret", "header", "name", "other secret", "other data")
    }
    webhook = webhooks.create(
        secret=canaries["secret"], headers={"X-Key": canaries["header"]}, webhook_name=canaries["name"]
    )
    stranger = webhooks.create(tenant=f"{tenant}-other", secret=canaries["other secret"])

    other = publish(data={"message": canaries["other data"]}, tenant=stranger.tenant)
    other.arrives(stranger)
    attempt = only_request(publish(), webhook)

    assert [what for what, canary in canaries.items() if canary.encode() in attempt.body] == []
    assert set(body_of(attempt)) == FIELDS


@pytest.mark.requirement("REQ-10")
def test_payload_of_256_kb_arrives_whole(webhooks: Webhooks, publish: Publish) -> None:
    """An event of nearly 256 kB is delivered with every byte of its data."""
    webhook = webhooks.create()

    journey = publish(data={"text": secrets.token_hex(127_500)})

    assert digest(body_of(only_request(journey, webhook))["data"]) == digest(journey.event["data"])


@pytest.mark.requirement("REQ-10")
def test_larger_payload_is_never_cut_in_silence(webhooks: Webhooks, publish: Publish) -> None:
    """An event of 1.5 MB is delivered whole, or is refused where its publisher or the tenant can see it."""
    webhook = webhooks.create()

    journey = publish(data={"text": secrets.token_hex(750_000)})

    if journey.reply.status == httpx.codes.OK and journey.ends().status != "FAILED":
        arrived = [digest(body_of(attempt)["data"]) for attempt in delivered_or_refused(journey, webhook)]
        assert arrived in ([], [digest(journey.event["data"])])


def only_request(journey: Journey, webhook: Webhook) -> Attempt:
    """Return the one request that reached the path of a webhook that only this event was for, whatever its body."""
    journey.ends()
    webhook.receiver.wait_for(lambda _: webhook.attempts, within=journey.within(2))
    requests = webhook.attempts
    assert len(requests) == 1, f"{len(requests)} requests reached {webhook.path}, expected one"
    return requests[0]


def sent_to(tenant: str, receiver: Receiver) -> list[Attempt]:
    """Return whatever reached a path of the tenant, also one that no webhook has."""
    return [attempt for attempt in receiver.attempts() if attempt.path.startswith(f"/{tenant}/")]


def has_injected(attempt: Attempt) -> bool:
    """Tell whether a header of its own came out of a configured value, or its text went into the body."""
    return attempt.header("X-Injected") is not None or b"X-Injected" in attempt.body


def media_type(value: str) -> str:
    """Return the type that a Content-Type names, without its parameters."""
    return value.partition(";")[0].strip().lower()


def digest(data: object) -> tuple[int, str]:
    """Return length and hash of data that are too long to be shown."""
    text = json.dumps(data, sort_keys=True)
    return len(text), hashlib.sha256(text.encode()).hexdigest()
