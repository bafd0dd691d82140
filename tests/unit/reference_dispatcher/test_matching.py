"""Matching: exactly the enabled webhooks of the tenant whose type is the event's name or `*`."""

import pytest

from reference_dispatcher.matching import SqlMatcher
from reference_dispatcher.store import Database
from tests.unit.reference_dispatcher.making import event
from tests.unit.reference_dispatcher.tables import Tables

pytestmark = pytest.mark.anyio


async def test_matches_are_the_exact_set(database: Database, tables: Tables, tenant: str) -> None:
    """Of webhooks that differ in tenant, type and switch, those that fit in all three get the event, in order."""
    exact, star = tables.webhook(), tables.webhook(event_type="*")
    tables.webhook(event_type="policy/renewed")
    for switch in (False, None):
        tables.webhook(enabled=switch)
        tables.webhook(event_type="*", enabled=switch)
    for stranger in (f"{tenant}0", tenant[:-1], tenant.upper(), "default"):
        tables.webhook(event_type="*", tenant_id=stranger, webhook_name=tenant + stranger)

    assert await SqlMatcher(database).match(event(), tenant) == [exact, star]


@pytest.mark.parametrize(
    "almost", ["policy/boun", "policy/boundx", "policy/%", "Policy/Bound", "policy.bound", "policy/*", "", "%"]
)
async def test_type_matches_exactly(database: Database, tables: Tables, tenant: str, almost: str) -> None:
    """A type that is almost the event's name, or a pattern of any other language than a bare `*`, gets nothing."""
    tables.webhook(event_type=almost)

    assert await SqlMatcher(database).match(event(), tenant) == []


@pytest.mark.parametrize("hostile", ["' OR '1'='1", "%", "_", "t'; DROP TABLE sys_webhooks; --"])
async def test_tenant_is_never_sql(database: Database, tables: Tables, hostile: str) -> None:
    """A tenant id that looks like SQL or a pattern is a tenant without webhooks."""
    tables.webhook(event_type="*")

    assert await SqlMatcher(database).match(event(), hostile) == []


async def test_test_event_reaches_only_its_webhook(database: Database, tables: Tables, tenant: str) -> None:
    """`test/webhook` for one webhook goes to that one, if it wants test events and is of the tenant."""
    wanted, other = tables.webhook(event_type="test/webhook"), tables.webhook(event_type="*")
    matcher = SqlMatcher(database)

    assert await matcher.match(event(name="test/webhook", data={"webhookId": wanted}), tenant) == [wanted]
    assert await matcher.match(event(name="test/webhook", data={"webhookId": str(other)}), tenant) == [other]
    assert await matcher.match(event(name="test/webhook", data={"webhookId": "*"}), tenant) == []
    assert await matcher.match(event(name="test/webhook", data={}), tenant) == [wanted, other]


async def test_change_counts_at_once(database: Database, tables: Tables, tenant: str) -> None:
    """A webhook is matched from the moment it exists, and no longer than it does."""
    matcher = SqlMatcher(database)
    before = await matcher.match(event(), tenant)
    hook = tables.webhook()
    during = await matcher.match(event(), tenant)
    tables.delete(hook)

    assert (before, during, await matcher.match(event(), tenant)) == ([], [hook], [])
