"""The rows behind the webhook API; every statement is confined to one tenant, and none reads a secret."""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import sql
from psycopg.types.json import Jsonb

from reference_dispatcher.store import Database

Row = dict[str, Any]

_SHOWN = sql.SQL(", ").join(
    map(
        sql.Identifier,
        (
            "webhook_id",
            "webhook_name",
            "tenant_id",
            "event_type",
            "url",
            "enabled",
            "headers",
            "retry_config",
            "created_at",
            "updated_at",
            "created_by",
            "last_status",
            "last_status_code",
            "last_event_id",
            "last_delivery_at",
            "success_count",
            "failure_count",
        ),
    )
)

_LIST = sql.SQL("SELECT {} FROM sys_webhooks WHERE tenant_id = %(tenant)s ORDER BY webhook_id").format(_SHOWN)

_ONE = sql.SQL("SELECT {} FROM sys_webhooks WHERE tenant_id = %(tenant)s AND webhook_id = %(id)s").format(_SHOWN)

_DELETE = "DELETE FROM sys_webhooks WHERE tenant_id = %(tenant)s AND webhook_id = %(id)s RETURNING webhook_id"

_DELIVERIES = """
    SELECT d.* FROM sys_webhook_deliveries d JOIN sys_webhooks w USING (webhook_id)
    WHERE w.tenant_id = %(tenant)s
      AND (%(webhook_id)s::bigint IS NULL OR d.webhook_id = %(webhook_id)s)
      AND (%(event_id)s::text IS NULL OR d.event_id = %(event_id)s)
      AND (%(status)s::text IS NULL OR d.status = %(status)s)
    ORDER BY d.delivered_at DESC, d.delivery_id DESC LIMIT %(limit)s
"""


class WebhookStore:
    """The webhooks and deliveries of one tenant at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self, tenant: str) -> Sequence[Row]:
        """Return every webhook of the tenant."""
        return await self._database.rows(_LIST, {"tenant": tenant})

    async def one(self, tenant: str, webhook_id: int) -> Row | None:
        """Return a webhook; None when the tenant has none with this id."""
        return _first(await self._database.rows(_ONE, {"tenant": tenant, "id": webhook_id}))

    async def create(self, tenant: str, fields: Mapping[str, Any]) -> Row:
        """Insert a webhook and return it."""
        row = _stored(fields) | {"tenant_id": tenant}
        statement = sql.SQL("INSERT INTO sys_webhooks ({}) VALUES ({}) RETURNING {}").format(
            sql.SQL(", ").join(map(sql.Identifier, row)), sql.SQL(", ").join(map(sql.Placeholder, row)), _SHOWN
        )
        return dict((await self._database.rows(statement, row))[0])

    async def change(self, tenant: str, webhook_id: int, fields: Mapping[str, Any]) -> Row | None:
        """Change the given fields of a webhook and return it; None when the tenant has none with this id."""
        new = _stored(fields)
        assignments = [sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in new]
        statement = sql.SQL(
            "UPDATE sys_webhooks SET {} WHERE tenant_id = %(tenant)s AND webhook_id = %(id)s RETURNING {}"
        ).format(sql.SQL(", ").join([*assignments, sql.SQL("updated_at = now()")]), _SHOWN)
        return _first(await self._database.rows(statement, new | {"tenant": tenant, "id": webhook_id}))

    async def delete(self, tenant: str, webhook_id: int) -> bool:
        """Delete a webhook with its deliveries, and say whether there was one."""
        return bool(await self._database.rows(_DELETE, {"tenant": tenant, "id": webhook_id}))

    async def deliveries(self, tenant: str, wanted: Mapping[str, Any]) -> Sequence[Row]:
        """Return delivery rows of the tenant, newest first."""
        return await self._database.rows(_DELIVERIES, {**wanted, "tenant": tenant})


def _stored(fields: Mapping[str, Any]) -> Row:
    return {name: Jsonb(value) if isinstance(value, dict) else value for name, value in fields.items()}


def _first(rows: Sequence[Row]) -> Row | None:
    return dict(rows[0]) if rows else None
