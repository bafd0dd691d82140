"""MAT-04 and MAT-05: an event stays within its tenant, and one without a tenant is the default tenant's alone."""

import json
import secrets
from typing import Any

import pytest

from fixtures.journeys import NO_TENANT, Publish
from harness.clients.inngest_answers import Run
from harness.errors import UnmetError
from harness.journey import Journey
from harness.judges.arrivals import DEFAULT_TENANT, default_webhook, must_reach
from harness.judges.signatures import Signatures
from harness.receiver.receiver import Receiver
from harness.webhooks import Webhooks


@pytest.mark.usefixtures("default_tenant")
@pytest.mark.requirement("MAT-04")
def test_events_stay_within_their_tenant(publish: Publish, webhooks: Webhooks, tenant: str) -> None:
    """Among tenants whose names resemble each other, or look like SQL, each event reaches its own tenant alone."""
    names = [tenant, *neighbours(tenant)]
    with default_webhook(webhooks) as shared:
        everybody = {DEFAULT_TENANT: shared} | {name: webhooks.create("*", tenant=name) for name in names}

        journeys = publish.batch([publish.event(tenant=name) for name in everybody])
        for journey in journeys:
            journey.ends()

        for name, journey in zip(everybody, journeys, strict=True):
            must_reach(journey, everybody, [name])


@pytest.mark.requirement("MAT-04")
def test_tenants_that_share_url_type_and_name_are_kept_apart(
    publish: Publish, webhooks: Webhooks, signatures: Signatures, tenant: str
) -> None:
    """Two tenants' webhooks with one URL, type and name: an event is delivered once, signed for its own tenant."""
    mine = webhooks.create()
    theirs = webhooks.create(tenant=f"{tenant}-other", path=mine.path, webhook_name=mine.name)

    journey, other = publish(), publish(tenant=theirs.tenant)
    journey.ends()
    other.ends()

    pair = {"mine": mine, "theirs": theirs}
    assert [signatures.signers(attempt, pair) for attempt in journey.arrives(mine)] == [["mine"]]
    assert [signatures.signers(attempt, pair) for attempt in other.arrives(mine)] == [["theirs"]]


@pytest.mark.usefixtures("default_tenant")
@pytest.mark.requirement("MAT-05")
def test_event_without_tenant_is_the_default_tenants(publish: Publish, webhooks: Webhooks) -> None:
    """An event without a tenant reaches the default tenant's webhooks, and nobody else's."""
    others = {
        name: webhooks.create("*", tenant=name) for name in (webhooks.tenant, "", "None", "null", "undefined", "*")
    }
    with default_webhook(webhooks) as shared:
        journey, sentinel = publish(tenant=NO_TENANT), publish()
        journey.ends()
        sentinel.ends()

        must_reach(journey, others | {DEFAULT_TENANT: shared}, [DEFAULT_TENANT])
        must_reach(sentinel, others | {DEFAULT_TENANT: shared}, [webhooks.tenant])


@pytest.mark.usefixtures("default_tenant")
@pytest.mark.requirement("MAT-05")
def test_unusable_tenant_is_nobodys(publish: Publish, webhooks: Webhooks, tenant: str, receiver: Receiver) -> None:
    """An event whose tenant is empty or no text is delivered to nobody, and its run says that the tenant is why."""
    number = secrets.randbelow(2**48)
    unusable: list[Any] = ["", None, 0, number, number + 0.5, True, False, [], [tenant], {}, {"id": tenant}]
    with default_webhook(webhooks):
        own = webhooks.create("*")
        for name in {guess for value in unusable for guess in coerced(value)}:
            webhooks.create("*", tenant=name)

        journeys = publish.batch([publish.event(tenant=value) for value in unusable])
        runs = [journey.ends() for journey in journeys]
        sentinel = publish()
        sentinel.ends()
        sentinel.arrives(own)

    ids = {journey.id: journey.event["data"]["tenantId"] for journey in journeys}
    strays = [(ids[attempt.event_id], attempt.target) for attempt in receiver.attempts() if attempt.event_id in ids]
    assert strays == []
    assert sentinel.attempts(own).statuses == [200]
    for journey, run in zip(journeys, runs, strict=True):
        says_why(journey, run)


def neighbours(tenant: str) -> list[str]:
    """Return names of tenants that a comparison other than equality, or SQL made of text, takes for `tenant`."""
    return [
        tenant[:-1],
        f"{tenant}0",
        tenant.upper(),
        f"{tenant} ",
        f"{tenant[:-1]}%",
        f"{tenant[:-1]}_",
        f"{tenant[:-1]}?",
        f"{tenant}' OR '1'='1",
        f"{tenant}' --",
        f'{tenant}" OR ""="',
        f"{tenant}\\",
        f"{tenant},{DEFAULT_TENANT}",
    ]


def coerced(value: object) -> set[str]:
    """Return the texts that a careless program makes of a value that is none."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return {str(value), json.dumps(value), str(value or ""), *map(str, parts)}


def says_why(journey: Journey, run: Run) -> None:
    """Check that a run which delivered nothing names the tenant as the reason.

    Raises:
        UnmetError: Whoever looks at the run can't tell why nothing was delivered.
    """
    said = json.dumps(run.output, ensure_ascii=False)
    if "tenant" not in said.lower():
        unusable = json.dumps(journey.event["data"]["tenantId"])
        raise UnmetError(
            f"the output or error of run {run.id} to say that the tenant {unusable} is why nothing was delivered.",
            f"{run.status} {said}.",
            "return the reason from the function, or raise it: nobody else can tell this from 'no webhook matches'.",
            hop="run started",
        )
