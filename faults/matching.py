"""Faults of matching: who gets an event, and who must not."""

from dataclasses import replace
from typing import Any

import inngest

from faults.catalogue import fault, with_parts
from faults.changes import with_functions
from reference_dispatcher.app import Design
from reference_dispatcher.functions import Dispatch
from reference_dispatcher.matching import DEFAULT_TENANT, SqlMatcher
from reference_dispatcher.parts import Parts
from reference_dispatcher.values import PublishedEvent, Webhook

TENANT, TYPE, ON = "tenant_id = %(tenant)s", "event_type IN (%(event_type)s, '*')", "AND enabled AND"
"""The conditions of the query as it should be."""


def with_query(design: Design, old: str, new: str) -> Design:
    """Return the design whose query has other words in one place."""
    matcher = type("OtherMatcher", (SqlMatcher,), {"query": SqlMatcher.query.replace(old, new)})
    return with_parts(design, lambda parts: replace(parts, matcher=matcher(parts.database)))


def always_on(design: Design) -> Design:
    """Return the design that asks nobody whether a webhook is enabled when it makes an attempt."""

    def change(parts: Parts) -> Parts:
        class On:
            async def read(self, webhook_id: int) -> Webhook | None:
                webhook = await parts.reader.read(webhook_id)
                return webhook and replace(webhook, enabled=True)

        return replace(parts, reader=On())

    return with_parts(design, change)


@fault("MAT-01", "MAT-04", hop="delivered", stays_green=("EVT-02", "MAT-02"))
def tenant_filter_removed(design: Design) -> Design:
    """Webhooks are matched by type alone, so that a tenant's events reach the others."""
    return with_query(design, f"{TENANT} AND", "")


@fault("MAT-01", "MAT-04", hop="delivered", stays_green=("MAT-02", "MAT-03"))
def or_binds_weaker_than_and(design: Design) -> Design:
    """A bracket is missing in the query, so that a webhook for `*` gets the events of every tenant."""
    return with_query(design, f"{TENANT} {ON} {TYPE}", f"{TENANT} {ON} event_type = %(event_type)s OR event_type = '*'")


@fault("MAT-01", "MAT-03", hop="delivered", stays_green=("MAT-02", "MAT-09"))
def exact_types_only(design: Design) -> Design:
    """A webhook for `*` gets nothing: its type is nobody's name."""
    return with_query(design, TYPE, "event_type = %(event_type)s")


@fault("MAT-01", "MAT-03", hop="delivered", stays_green=("REG-01", "REG-02"))
def star_only(design: Design) -> Design:
    """Only webhooks for `*` get events, those for one type get none."""
    return with_query(design, TYPE, "event_type = '*'")


@fault("MAT-02", hop="delivered", stays_green=("MAT-01", "MAT-03"))
def type_matched_by_like(design: Design) -> Design:
    """The type of a webhook is a pattern of LIKE, so that `policy/%` gets what begins so."""
    return with_query(design, TYPE, "(event_type = '*' OR %(event_type)s LIKE event_type)")


@fault("MAT-02", hop="delivered", stays_green=("MAT-01", "MAT-03"))
def type_matched_by_its_beginning(design: Design) -> Design:
    """A webhook gets every event whose name begins with its type."""
    return with_query(design, TYPE, "(event_type = '*' OR starts_with(%(event_type)s, event_type))")


@fault("MAT-02", hop="delivered", stays_green=("MAT-01", "MAT-03"))
def type_matched_in_any_case(design: Design) -> Design:
    """Capital letters make no difference to the type."""
    return with_query(design, TYPE, "lower(event_type) IN (lower(%(event_type)s), '*')")


@fault("MAT-02", hop="delivered", stays_green=("MAT-01", "MAT-03"))
def type_matched_like_a_file_name(design: Design) -> Design:
    """The type is a pattern of the shell: `policy/*` gets all that begins with `policy/`."""
    pattern = "translate(event_type, '*?', '%%_')"
    return with_query(design, TYPE, f"%(event_type)s LIKE {pattern}")


@fault("MAT-03", hop="delivered", stays_green=("MAT-02", "MAT-09"))
def any_and_exact_joined_with_duplicates(design: Design) -> Design:
    """Two lists of webhooks, one of them with those for `*` in it as well, are joined by UNION ALL."""
    any_type = "SELECT webhook_id FROM sys_webhooks WHERE tenant_id = %(tenant)s AND enabled AND event_type = '*'"
    return with_query(design, "ORDER BY", f"UNION ALL {any_type} ORDER BY")


@fault("MAT-03", hop="delivered", stays_green=("MAT-02", "MAT-09"))
def any_shadows_exact(design: Design) -> Design:
    """Where a tenant has a webhook for `*`, those for one type are passed over."""
    stars = "SELECT FROM sys_webhooks other WHERE other.tenant_id = sys_webhooks.tenant_id AND other.event_type = '*'"
    return with_query(design, TYPE, f"{TYPE} AND (event_type = '*' OR NOT EXISTS ({stars}))")


@fault("MAT-04", hop="delivered", stays_green=("MAT-02", "MAT-03"))
def tenant_matched_by_like(design: Design) -> Design:
    """A webhook's tenant is a pattern of LIKE, and one that ends in `%` gets the events of others."""
    return with_query(design, TENANT, "%(tenant)s LIKE tenant_id")


@fault("MAT-04", hop="delivered", stays_green=("MAT-02", "MAT-03"))
def query_made_of_text(design: Design) -> Design:
    """The tenant stands in the text of the query as it came, and may be a piece of SQL."""

    class Pasting(SqlMatcher):
        async def match(self, event: PublishedEvent, tenant: str) -> list[int]:
            query = SqlMatcher.query.replace(TENANT, f"tenant_id = '{tenant}'").replace("\n", " ")
            wanted = {"event_type": event.name, "only": None}
            return [row["webhook_id"] for row in await self._database.rows(query, wanted)]

    return with_parts(design, lambda parts: replace(parts, matcher=Pasting(parts.database)))


@fault("MAT-05", hop="delivered", stays_green=("MAT-02", "MAT-03"))
def default_tenant_is_everybody(design: Design) -> Design:
    """An event without a tenant goes to the webhooks of every tenant."""
    return with_query(design, TENANT, f"(%(tenant)s = '{DEFAULT_TENANT}' OR {TENANT})")


@fault("MAT-05", hop="delivered", stays_green=("MAT-02", "MAT-04"))
def tenant_made_a_text(design: Design) -> Design:
    """A tenant that is a number, a list or nothing at all is made a text, and its webhooks get the event."""

    class Coercing(Dispatch):
        def tenant(self, event: PublishedEvent) -> str:
            return str(event.data.get("tenantId", DEFAULT_TENANT))

    return with_functions(design, Coercing)


@fault("MAT-05", hop="delivered", stays_green=("MAT-02", "MAT-04"))
def unusable_tenant_is_the_default(design: Design) -> Design:
    """An empty tenant, or one that is no text, is taken for none."""

    class Defaulting(Dispatch):
        def tenant(self, event: PublishedEvent) -> str:
            tenant = event.data.get("tenantId")
            return tenant if tenant and isinstance(tenant, str) else DEFAULT_TENANT

    return with_functions(design, Defaulting)


@fault("MAT-05", hop="run started", stays_green=("MAT-02", "MAT-04"))
def unusable_tenant_not_told(design: Design) -> Design:
    """A run that delivers nothing, since the tenant is not usable, does not say why."""

    class Silent(Dispatch):
        def summary(self, event: PublishedEvent, statuses: Any, *, message: str) -> dict[str, Any]:
            return super().summary(event, statuses, message="" if "tenant" in message else message)

    return with_functions(design, Silent)


@fault("MAT-06", hop="delivered", stays_green=("MAT-02", "MAT-03"))
def switch_ignored(design: Design) -> Design:
    """Disabled webhooks get events like the others."""
    return with_query(always_on(design), "AND enabled", "")


@fault("MAT-06", hop="delivered", stays_green=("MAT-01", "MAT-08"))
def unset_switch_counts_as_on(design: Design) -> Design:
    """A webhook whose `enabled` is NULL gets events."""
    return with_query(always_on(design), "AND enabled", "AND enabled IS NOT FALSE")


@fault("MAT-07", hop="delivered", stays_green=("MAT-01", "MAT-03"))
def list_of_webhooks_kept(design: Design) -> Design:
    """Who gets the events of a type is asked once, and remembered for good."""

    def change(parts: Parts) -> Parts:
        known: dict[tuple[str, str], list[int]] = {}

        class Remembering:
            async def match(self, event: PublishedEvent, tenant: str) -> list[int]:
                key = tenant, event.name
                if key not in known:
                    known[key] = await parts.matcher.match(event, tenant)
                return known[key]

        return replace(parts, matcher=Remembering())

    return with_parts(design, change)


@fault("MAT-08", hop="delivered", stays_green=("MAT-02", "MAT-03"))
def first_page_only(design: Design) -> Design:
    """The list of webhooks ends at the 25th: there is a page of it, and nobody turns it."""
    return with_query(design, "ORDER BY webhook_id", "ORDER BY webhook_id LIMIT 25")


@fault("MAT-01", "MAT-03", "MAT-09", hop="delivered", stays_green=("REG-01", "REG-02"))
def first_webhook_only(design: Design) -> Design:
    """One webhook gets the event, the others none."""
    return with_query(design, "ORDER BY webhook_id", "ORDER BY webhook_id LIMIT 1")


@fault("MAT-08", hop="delivered", stays_green=("MAT-01", "MAT-03"))
def nobody_is_an_error(design: Design) -> Design:
    """A run fails when no webhook wants its event."""

    def change(parts: Parts) -> Parts:
        class Insisting:
            async def match(self, event: PublishedEvent, tenant: str) -> list[int]:
                webhooks = await parts.matcher.match(event, tenant)
                if not webhooks:
                    raise inngest.NonRetriableError("list index out of range")
                return webhooks

        return replace(parts, matcher=Insisting())

    return with_parts(design, change)


@fault("MAT-09", hop="delivered", stays_green=("MAT-03", "MAT-08"))
def webhooks_kept_by_url(design: Design) -> Design:
    """Webhooks are kept in a table by their URL, so that of two with one URL the later is left."""
    twins = "SELECT max(twin.webhook_id) FROM sys_webhooks twin WHERE twin.url = sys_webhooks.url"
    return with_query(design, TYPE, f"{TYPE} AND webhook_id = ({twins})")
