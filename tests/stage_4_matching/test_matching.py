"""MAT-01 to MAT-03 and MAT-06 to MAT-09: an event reaches exactly the webhooks that match it, each once."""

from itertools import product

import psycopg
import pytest

from fixtures.journeys import Publish
from harness.clients.rows import Rows
from harness.journey import ENDS_WITHIN
from harness.judges.arrivals import must_reach
from harness.judges.signatures import Signatures
from harness.webhooks import Webhooks

ONE_BY_ONE = 1.0
"""Seconds more for each webhook: the promise is that all are served, not that they are at the same time."""

NEAR_MISSES = (
    # what a comparison other than equality, one way or the other, would take for policy/bound
    "policy/boun",
    "policy/bound/late",
    "bound",
    "policy",
    "",
    # case and white space
    "Policy/Bound",
    "policy/bound ",
    # patterns of LIKE, of the shell, of regular expressions, of Inngest
    "policy/%",
    "policy/boun_",
    "%",
    "policy/?ound",
    "policy/[b]ound",
    "policy.bound",
    ".*",
    "policy/*",
    "**",
    # a list
    "policy/bound,claim/opened",
)


@pytest.mark.requirement("MAT-01")
def test_event_reaches_exactly_the_matching_webhooks(publish: Publish, webhooks: Webhooks, tenant: str) -> None:
    """An event reaches the enabled webhooks of its tenant whose type is its name or `*`, and no other."""
    tenants = {"mine": tenant, "theirs": f"{tenant}-other"}
    matrix = {
        f"{whose} {event_type} {'on' if enabled else 'off'}": webhooks.create(
            event_type, tenant=tenants[whose], enabled=enabled
        )
        for whose, event_type, enabled in product(tenants, ("policy/bound", "claim/opened", "*"), (True, False))
    }
    sent = [*product(tenants, ("policy/bound", "claim/opened"))]

    journeys = publish.batch([publish.event(name, tenant=tenants[whose]) for whose, name in sent])
    for journey in journeys:
        journey.ends()

    for (whose, name), journey in zip(sent, journeys, strict=True):
        must_reach(journey, matrix, [f"{whose} {name} on", f"{whose} * on"])


@pytest.mark.requirement("MAT-02")
def test_event_type_is_compared_exactly(publish: Publish, webhooks: Webhooks) -> None:
    """A webhook whose type merely resembles the event's name gets nothing, until the type is that name."""
    similar = {event_type: webhooks.create(event_type) for event_type in NEAR_MISSES}
    exact = {"policy/bound": webhooks.create("policy/bound")}
    journey = publish("policy/bound")
    journey.ends()

    for webhook in similar.values():
        webhooks.update(webhook, event_type="policy/bound")
    sentinel = publish("policy/bound")
    sentinel.ends()

    must_reach(journey, similar | exact, exact)
    must_reach(sentinel, similar | exact, similar | exact)


@pytest.mark.requirement("MAT-03")
def test_any_and_exact_webhooks_each_receive_once(publish: Publish, webhooks: Webhooks) -> None:
    """Webhooks for `*` and for the exact name, two of each, receive an event once each."""
    four = {
        f"{event_type} {n}": webhooks.create(event_type) for event_type, n in product(("policy/bound", "*"), (1, 2))
    }

    journey = publish("policy/bound")
    journey.ends()

    must_reach(journey, four, four)


@pytest.mark.requirement("MAT-06")
def test_webhook_that_is_enabled_gets_later_events_only(publish: Publish, webhooks: Webhooks) -> None:
    """A disabled webhook gets nothing; once enabled it gets the events from then on, until it is disabled again."""
    pair = {"on": webhooks.create(), "switched": webhooks.create(enabled=False)}
    missed = publish()
    must_reach(missed, pair, ["on"])
    webhooks.update(pair["switched"], enabled=True)
    delivered = publish()
    must_reach(delivered, pair, pair)
    webhooks.update(pair["switched"], enabled=False)
    missed_too = publish()

    for journey, names in ((missed_too, ["on"]), (missed, ["on"]), (delivered, ["on", "switched"])):
        must_reach(journey, pair, names)


@pytest.mark.requirement("MAT-06")
def test_webhook_that_is_neither_on_nor_off_gets_nothing(publish: Publish, webhooks: Webhooks) -> None:
    """A webhook whose `enabled` is NULL gets nothing; a database that refuses the NULL keeps the promise as well."""
    pair = {"on": webhooks.create(), "neither": webhooks.create()}
    try:
        webhooks.update(pair["neither"], enabled=None)
    except psycopg.errors.NotNullViolation:
        webhooks.update(pair["neither"], enabled=False)

    journey = publish()
    journey.ends()

    must_reach(journey, pair, ["on"])


@pytest.mark.requirement("MAT-07")
def test_changes_before_the_publish_count_at_once(publish: Publish, webhooks: Webhooks) -> None:
    """A webhook that was added, deleted, moved or given another type before an event is treated as it is now."""
    known = {name: webhooks.create() for name in ("kept", "deleted", "retyped", "moved")}
    first = publish()
    first.ends()
    must_reach(first, known, known)

    now = known | {"added": webhooks.create(), "moved here": webhooks.create(enabled=False)}
    webhooks.delete(now["deleted"])
    webhooks.update(now["retyped"], event_type="claim/opened")
    webhooks.update(now["moved"], url=now["moved here"].url)
    second, other = publish(), publish("claim/opened")
    second.ends()
    other.ends()

    must_reach(second, now, ["kept", "added", "moved here"])
    must_reach(other, now, ["retyped"])


@pytest.mark.requirement("MAT-08")
@pytest.mark.parametrize("count", [1, 50])
def test_as_many_deliveries_as_webhooks_match(publish: Publish, webhooks: Webhooks, count: int) -> None:
    """Each of N matching webhooks receives the event once."""
    matching = {f"webhook {n}": webhooks.create() for n in range(count)}

    journey = publish()
    journey.starts()
    journey.ends(within=ENDS_WITHIN + count * ONE_BY_ONE)

    must_reach(journey, matching, matching)


@pytest.mark.requirement("MAT-08")
def test_event_that_nobody_wants_ends_well(publish: Publish, webhooks: Webhooks, rows: Rows) -> None:
    """Without a matching webhook the run completes, and leaves no row and no delivery."""
    unmoved = {"another type": webhooks.create("claim/opened"), "off": webhooks.create("*", enabled=False)}

    journey = publish()

    run = journey.ends()
    assert run.status == "COMPLETED", f"run {run.id} {run.status}: {run.output}"
    must_reach(journey, unmoved, [])
    assert [row.webhook_id for row in rows.deliveries(event_id=journey.id)] == []


@pytest.mark.requirement("MAT-09")
def test_webhooks_with_one_url_are_two_deliveries(publish: Publish, webhooks: Webhooks, signatures: Signatures) -> None:
    """Two webhooks with one URL each receive the event, signed with the secret of each."""
    first = webhooks.create()
    pair = {"first": first, "second": webhooks.create(path=first.path)}

    journey = publish()
    journey.ends()

    signers = [signatures.signers(attempt, pair) for attempt in journey.arrives(first, times=2)]
    assert sorted(signers) == [["first"], ["second"]]
