"""EVT-01, 02 and 04 to 07: what Inngest accepted it keeps, and each event starts its deliveries once."""

import json
import time
from typing import Any

import pytest

from fixtures.journeys import NO_TENANT, Publish
from harness.addresses import Addresses
from harness.catalogue import EXAMPLES
from harness.clients.inngest import InngestClient
from harness.events import ended_runs, stored_event
from harness.judges.arrivals import default_webhook, must_reach
from harness.settings import Settings
from harness.waiters import stays
from harness.webhooks import Webhook, Webhooks

STORED_WITHIN = 5.0
"""Seconds from an event's acceptance until it can be read; it usually takes a few milliseconds."""

ENDED_WITHIN = 10.0
"""Seconds that the runs of one event may take."""

QUIET = 0.3
"""Seconds in which an internal event, which Inngest handles some time after the run's end, could still arrive."""

RICH_DATA: dict[str, Any] = {
    "text": 'Zoë 🚗 \u2028 "quoted" \\ <b>&amp;</b>',
    "numbers": [0, -1, 1250.5, 1e-7, 2**53 - 1],
    "nothing": None,
    "flags": [True, False],
    "empty": ["", [], {}],
    "nested": {"a": {"b": [{"c": "d"}]}},
}


@pytest.mark.requirement("EVT-01")
def test_accepted_event_is_stored_unchanged(publish: Publish, settings: Settings) -> None:
    """An accepted event can be read by the id that was returned, with its data, time and user as they were sent."""
    a_minute_ago = int(time.time() * 1000) - 60_000
    user = {"id": "user-1", "email": "zoë@example.org"}

    journey = publish("claim/opened", RICH_DATA, ts=a_minute_ago, user=user)

    stored = stored_event(journey, within=settings.within(STORED_WITHIN))
    altered = {key: stored.get(key) for key, sent in journey.event.items() if stored.get(key) != sent}
    assert altered == {}, f"altered: {altered}"


@pytest.mark.requirement("EVT-02")
def test_each_event_of_the_catalogue_starts_one_run(
    publish: Publish, webhooks: Webhooks, inngest: InngestClient, stack: Addresses, settings: Settings
) -> None:
    """Each event of the catalogue starts exactly one run of the dispatcher, under whatever app, and arrives once."""
    webhook = webhooks.create("*")
    data = EXAMPLES | {"test/webhook": {"webhookId": webhook.id}}

    journeys = {name: publish(name, data[name]) for name in EXAMPLES}
    for journey in journeys.values():
        journey.ends()

    runs = {
        name: ended_runs(inngest, journey.inngest_id, within=settings.within(ENDED_WITHIN))
        for name, journey in journeys.items()
    }
    slugs = {name: [run.slug for run in each if run.slug.endswith(f"-{stack.function}")] for name, each in runs.items()}
    assert {name: each for name, each in slugs.items() if each != [stack.slug]} == {}
    for journey in journeys.values():
        must_reach(journey, {"any": webhook}, ["any"])


@pytest.mark.requirement("EVT-04")
def test_batch_of_events_is_as_many_events(publish: Publish, webhooks: Webhooks, settings: Settings) -> None:
    """Five events in one request are stored as five events, each with its own data, and each is delivered once."""
    webhook = webhooks.create("*")
    names = ["policy/bound", "policy/bound", "claim/opened", "agreement/created", "test/event"]

    journeys = publish.batch([publish.event(name, {"place": place}) for place, name in enumerate(names)])

    stored = [stored_event(journey, within=settings.within(STORED_WITHIN)) for journey in journeys]
    assert [(event["name"], event["data"]["place"]) for event in stored] == [*zip(names, range(5), strict=True)]
    for journey in journeys:
        journey.ends()
        must_reach(journey, {"any": webhook}, ["any"])
    assert len(webhook.attempts) == len(names), "an event of the batch that was never in it"


@pytest.mark.requirement("EVT-05")
def test_same_event_id_is_delivered_once(
    publish: Publish, webhooks: Webhooks, inngest: InngestClient, settings: Settings
) -> None:
    """An event id that is published again, at once or after its deliveries, gives each webhook one delivery and row."""
    pair = {"exact": webhooks.create(), "any": webhooks.create("*")}
    journey = publish()
    publish.again(journey)
    journey.ends()
    publish.again(journey)
    publish.again(journey, times=2)

    sentinel = publish()
    sentinel.ends()

    for inngest_id in journey.inngest_ids:
        ended_runs(inngest, inngest_id, within=settings.within(ENDED_WITHIN))
    must_reach(sentinel, pair, pair)
    must_reach(journey, pair, pair)
    assert {name: len(journey.rows(webhook)) for name, webhook in pair.items()} == {"exact": 1, "any": 1}


@pytest.mark.requirement("EVT-06")
def test_malformed_event_is_refused_and_starts_nothing(
    publish: Publish, webhooks: Webhooks, inngest: InngestClient, tenant: str
) -> None:
    """What is no event is refused with 400 and an error, and nothing of it arrives."""
    webhook = webhooks.create("*")

    replies = {what: inngest.send_raw(body) for what, body in malformed(tenant).items()}

    sentinel = publish()
    sentinel.ends()
    sentinel.arrives(webhook)
    assert {what: reply.status for what, reply in replies.items() if reply.status != 400} == {}
    assert [what for what, reply in replies.items() if reply.ids or not reply.error] == []
    assert [attempt.event_id for attempt in webhook.attempts if tenant in attempt.body.decode()] == [sentinel.id]


@pytest.mark.usefixtures("default_tenant")
@pytest.mark.requirement("EVT-07")
def test_internal_events_start_no_delivery(publish: Publish, webhooks: Webhooks) -> None:
    """What Inngest tells itself of a run's end reaches no webhook, neither of that tenant nor of the default one."""
    own = webhooks.create("*")
    with default_webhook(webhooks) as shared:
        journey = publish()
        journey.ends()
        sentinels = publish(), publish(tenant=NO_TENANT)
        for event, webhook in ((journey, own), (sentinels[0], own), (sentinels[1], shared)):
            event.ends()
            event.arrives(webhook)

        stays(
            lambda: [name for name in names_at(own, shared) if name.startswith("inngest/")],
            lambda internal: not internal,
            during=QUIET,
            promise="no delivery of an event of Inngest's own.",
        )
    assert [each.attempts(own).statuses for each in (journey, sentinels[0])] == [[200], [200]]
    assert sentinels[1].attempts(shared).statuses == [200]


def names_at(*webhooks: Webhook) -> list[str]:
    """Return the name of each event that arrived at a webhook."""
    bodies = [attempt.json for webhook in webhooks for attempt in webhook.attempts]
    return [str(body.get("event")) for body in bodies if isinstance(body, dict)]


def malformed(tenant: str) -> dict[str, bytes]:
    """Return bodies that are no event, by what is wrong with them; each would else be for `tenant`."""
    event: dict[str, Any] = {"name": "policy/bound", "data": {"tenantId": tenant}}
    wrong = {
        "no object": tenant,
        "no name": {"data": event["data"]},
        "an empty name": event | {"name": ""},
        "a number for a name": event | {"name": 7},
        "Inngest's own name": event | {"name": "inngest/function.finished"},
        "data that is a list": event | {"data": [tenant]},
        "data that is text": event | {"data": tenant},
        "a time that is text": event | {"ts": "yesterday"},
        "a time before all events": event | {"ts": -1},
    }
    return {"cut JSON": json.dumps(event).encode()[:-2]} | {
        what: json.dumps(each).encode() for what, each in wrong.items()
    }
