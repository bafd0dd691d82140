"""The tenant rule: whose webhooks an event may reach."""

from typing import Any

import pytest

from reference_dispatcher.matching import NoDeliveryError, only_webhook, tenant_of
from tests.unit.reference_dispatcher.making import event


@pytest.mark.parametrize("data", [{}, None, {"tenant": "t1"}])
def test_missing_tenant_is_default(data: Any) -> None:
    """An event without tenantId belongs to the tenant `default`."""
    assert tenant_of(event(data=data)) == "default"


@pytest.mark.parametrize("tenant", ["t1", " ", "T1", "t1' OR '1'='1", "ż"])
def test_tenant_is_used_as_written(tenant: str) -> None:
    """Any non-empty string is a tenant of its own."""
    assert tenant_of(event(data={"tenantId": tenant})) == tenant


@pytest.mark.parametrize(
    ("tenant", "shown"), [("", '""'), (None, "null"), (7, "7"), (False, "false"), (["t1"], '["t1"]'), ({}, "{}")]
)
def test_unusable_tenant_means_no_delivery_and_says_why(tenant: Any, shown: str) -> None:
    """A tenantId that is not a non-empty string reaches nobody, and the message shows what was given."""
    with pytest.raises(NoDeliveryError) as refusal:
        tenant_of(event(data={"tenantId": tenant}))

    assert str(refusal.value) == f"tenantId is not a non-empty string: {shown}"


def test_tenant_with_a_nul_is_nobody() -> None:
    """A tenant that no database can hold does not become another one by leaving the NUL out."""
    with pytest.raises(NoDeliveryError):
        tenant_of(event(data={"tenantId": "t\0001"}))


def test_internal_events_are_for_nobody() -> None:
    """What Inngest says about itself starts no delivery, whatever its data claims."""
    with pytest.raises(NoDeliveryError, match="internal"):
        tenant_of(event(name="inngest/function.finished"))


@pytest.mark.parametrize(("given", "only"), [(12, "12"), ("34", "34"), (None, None), ("1\0002", "1?2"), (True, "True")])
def test_test_event_is_confined_to_its_webhook(given: Any, only: str | None) -> None:
    """`test/webhook` names the one webhook that may get it; without a name it is an event like any other."""
    assert only_webhook(event(name="test/webhook", data={"webhookId": given})) == only


def test_other_events_are_not_confined() -> None:
    """A webhookId in the data of any other event means nothing."""
    assert only_webhook(event(data={"webhookId": 12})) is None
