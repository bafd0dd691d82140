"""The two tables as another program sees them: plain SQL, independent of the dispatcher's own."""

from itertools import count
from typing import Any

from psycopg import Connection, sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

Row = dict[str, Any]


class Tables:
    """Reads and writes the rows of one tenant."""

    def __init__(self, connection: Connection[Any], tenant: str) -> None:
        self._connection = connection
        self._tenant = tenant
        self._numbers = count(1)

    def webhook(self, **columns: Any) -> int:
        """Insert a webhook and return its id."""
        usual = {
            "webhook_name": f"webhook-{next(self._numbers)}",
            "tenant_id": self._tenant,
            "event_type": "policy/bound",
        }
        usual |= {"url": "http://127.0.0.1:9/hook", "secret": "secret-1"}
        row = {name: Jsonb(value) if isinstance(value, dict) else value for name, value in (usual | columns).items()}
        names, values = map(sql.Identifier, row), map(sql.Placeholder, row)
        statement = sql.SQL("INSERT INTO sys_webhooks ({}) VALUES ({}) RETURNING webhook_id").format(
            sql.SQL(", ").join(names), sql.SQL(", ").join(values)
        )
        return int(self._rows(statement, row)[0]["webhook_id"])

    def status(self, webhook_id: int) -> Row:
        """Return a webhook."""
        return self._rows("SELECT * FROM sys_webhooks WHERE webhook_id = %(id)s", {"id": webhook_id})[0]

    def deliveries(self, webhook_id: int) -> list[Row]:
        """Return the deliveries of a webhook by event and attempt."""
        query = "SELECT * FROM sys_webhook_deliveries WHERE webhook_id = %(id)s ORDER BY event_id, attempt_number"
        return self._rows(query, {"id": webhook_id})

    def delete(self, webhook_id: int) -> None:
        """Delete a webhook."""
        self._connection.execute("DELETE FROM sys_webhooks WHERE webhook_id = %s", [webhook_id])

    def _rows(self, query: Any, params: Row) -> list[Row]:
        with self._connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query, params).fetchall()
