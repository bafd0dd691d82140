"""Who gets an event: the tenant rule and the query."""

import json

from reference_dispatcher.store import Database
from reference_dispatcher.values import PublishedEvent

DEFAULT_TENANT = "default"


class NoDeliveryError(Exception):
    """The event is for nobody, whatever is registered; the text becomes the message of the run."""


def tenant_of(event: PublishedEvent) -> str:
    """Return the tenant whose webhooks may get the event.

    Raises:
        NoDeliveryError: The event is Inngest's own, or its tenant is not usable.
    """
    if event.name.startswith("inngest/"):
        raise NoDeliveryError("internal events of Inngest are not delivered")
    data = event.data if isinstance(event.data, dict) else {}
    tenant = data.get("tenantId", DEFAULT_TENANT)
    # Postgres can hold no NUL: nobody has such a tenant, and leaving the NUL out would give another one.
    if not isinstance(tenant, str) or not tenant or "\0" in tenant:
        raise NoDeliveryError(f"tenantId is not a non-empty string: {json.dumps(tenant)[:100]}")
    return tenant


def only_webhook(event: PublishedEvent) -> str | None:
    """Return the id to which a `test/webhook` event is confined; None when it is not."""
    wanted = event.data.get("webhookId") if event.name == "test/webhook" and isinstance(event.data, dict) else None
    return (
        None if wanted is None else str(wanted).replace("\0", "?")
    )  # as little an id as before, but Postgres takes it


class SqlMatcher:
    """Asks the database anew for each event, so that a change made before the publish counts at once."""

    query = """
        SELECT webhook_id FROM sys_webhooks
        WHERE tenant_id = %(tenant)s AND enabled AND event_type IN (%(event_type)s, '*')
          AND (%(only)s::text IS NULL OR webhook_id::text = %(only)s)
        ORDER BY webhook_id
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def match(self, event: PublishedEvent, tenant: str) -> list[int]:
        """Return the ids of the webhooks that get the event, and only ids: what a step returns, Inngest stores."""
        wanted = {"tenant": tenant, "event_type": event.name, "only": only_webhook(event)}
        return [row["webhook_id"] for row in await self._database.rows(self.query, wanted)]
