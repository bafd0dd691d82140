"""What was published, delivered and recorded, side by side in temporary tables, where SQL finds what does not agree.

Nothing of it is left in the database: all happens in one transaction that is never committed.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString, cast

import psycopg
from psycopg import sql

from harness.clients.tables import column_of, name_of
from harness.errors import SetupError
from harness.targets import Target
from load import queries
from load.outcome import Imbalance, Latency

Statement = sql.SQL | sql.Composed

READ = ("delivery_id", "event_id", "webhook_id", "status", "status_code")
"""What is read of a row of the deliveries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a load has come.

    Attributes:
        delivered: How many requests arrived.
        recorded: How many rows are there.
        open: How many deliveries have not arrived, or have no row that is final.
    """

    delivered: int
    recorded: int
    open: int


class Reconciliation:
    """The books of one load; every event of it must reach every one of its webhooks.

    Args:
        dsn: The database that the dispatcher writes to.
        target: Names its tables.
        webhooks: The ids of the load's webhooks; nobody else's events reach them.

    Attributes:
        webhooks: Their ids.

    Raises:
        SetupError: The database cannot be reached, or refuses temporary tables.
    """

    def __init__(self, dsn: str, target: Target, webhooks: Collection[int]) -> None:
        self.webhooks = sorted(webhooks)
        self._target = target
        self._read_rows = _reading(target)
        try:
            self._connection = psycopg.connect(dsn, connect_timeout=5)
            self._connection.execute(queries.TABLES)
        except psycopg.Error as error:
            raise SetupError(
                "a database that accepts a connection and temporary tables.",
                f"{str(error).splitlines()[0]}.",
                "check the DSN and the server, and grant TEMPORARY on the database to its user.",
            ) from None
        self._copy("webhook (webhook_id)", [(each,) for each in self.webhooks])

    def close(self) -> None:
        """Forget it all."""
        self._connection.close()

    def publish(self, events: Iterable[tuple[str, float]]) -> None:
        """Enter events that Inngest accepted: the sender's id, and when each was sent."""
        self._copy("published (event_id, at)", events)

    def start(self, runs: Iterable[tuple[str, float | None, bool]]) -> None:
        """Enter runs of the dispatcher: the event's id, when it started, and whether it has ended."""
        self._copy("run (event_id, at, ended)", runs)

    def deliver(self, arrivals: Iterable[tuple[str, int, float]]) -> None:
        """Enter requests that arrived: the event's id in the body, the webhook, and when."""
        self._copy("delivered (event_id, webhook_id, at)", arrivals)

    def look(self, now: float) -> Progress:
        """Enter the rows that are there by now, and return how far the load has come."""
        self._connection.execute(self._read_rows, {"webhooks": self.webhooks, "now": now})
        [progress] = self._connection.execute(queries.PROGRESS)
        delivered, recorded, unfinished = progress
        return Progress(delivered=delivered, recorded=recorded, open=unfinished)

    def imbalances(self) -> tuple[Imbalance, ...]:
        """Return what does not agree, each kind with a few examples."""
        kinds: list[tuple[str, Statement]] = [(kind, sql.SQL(query)) for kind, query in queries.IMBALANCES.items()]
        if (counts := self._target.webhooks.column("success_count")) is not None:
            webhooks, webhook_id = self._target.webhooks, column_of(self._target.webhooks, "webhook_id")
            names = {"webhooks": name_of(webhooks), "webhook_id": webhook_id, "count": sql.Identifier(counts)}
            kinds.append(("miscounted", sql.SQL(queries.MISCOUNTED).format(**names)))
        return tuple(found for kind, query in kinds if (found := self._imbalance(kind, query)))

    def retried(self) -> int:
        """Return how many attempts the dispatcher made again because it saw no answer, as its rows tell."""
        return int(self._numbers(queries.RETRIED)[0])

    def late(self, after: float) -> int:
        """Return how many deliveries arrived more than `after` seconds after their publication."""
        return int(self._numbers(queries.LATE, {"after": after})[0])

    def latencies(self) -> tuple[Latency, ...]:
        """Return how long each hop took."""
        spread = sql.SQL(queries.SPREAD)
        found = ((hop, self._numbers(spread.format(seconds=sql.SQL(seconds)))) for hop, seconds in queries.HOPS.items())
        return tuple(
            Latency(hop=hop, count=int(count), p50=p50, p95=p95, p99=p99, longest=longest)
            for hop, (count, p50, p95, p99, longest) in found
            if count
        )

    def totals(self) -> dict[str, Any]:
        """Return how many events and deliveries there were, and the seconds from first publication to last arrival."""
        events, publishing, deliveries, seconds = self._numbers(queries.TOTALS)
        return {"events": events, "deliveries": deliveries, "publishing": publishing, "seconds": seconds}

    def _imbalance(self, kind: str, query: Statement) -> Imbalance | None:
        rows = self._connection.execute(query).fetchall()
        examples = tuple((str(event), int(webhook), str(seen)) for event, webhook, seen in rows[: Imbalance.SHOWN])
        return Imbalance(kind=kind, count=len(rows), examples=examples) if rows else None

    def _numbers(self, query: LiteralString | sql.Composed, values: dict[str, Any] | None = None) -> Sequence[Any]:
        return cast("Sequence[Any]", self._connection.execute(query, values).fetchone())

    def _copy(self, table: LiteralString, rows: Iterable[tuple[Any, ...]]) -> None:
        with (
            self._connection.cursor() as cursor,
            cursor.copy(sql.SQL("COPY pg_temp.{} FROM STDIN").format(sql.SQL(table))) as copy,
        ):
            for row in rows:
                copy.write_row(row)


def _reading(target: Target) -> sql.Composed:
    """Return the statement that enters the rows which were not there before, and what changed of the others."""
    table = target.deliveries
    columns = {column: column_of(table, column) for column in READ}
    return sql.SQL(queries.READ_ROWS).format(deliveries=name_of(table), **columns)
