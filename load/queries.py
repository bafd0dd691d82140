"""The SQL of a reconciliation: its tables, and the anti-joins that find what does not agree.

The endpoints of a load answer 200 at once. Where a dispatcher saw no answer all the same, because it was too busy to
read it in time, it may try again: a row without a code explains one arrival more, or none.
"""

from types import MappingProxyType

from load.outcome import DELIVERED

TABLES = """
    CREATE TEMP TABLE webhook (webhook_id bigint PRIMARY KEY) ON COMMIT DROP;
    CREATE TEMP TABLE published (event_id text PRIMARY KEY, at float8 NOT NULL) ON COMMIT DROP;
    CREATE TEMP TABLE run (event_id text NOT NULL, at float8, ended boolean NOT NULL) ON COMMIT DROP;
    CREATE TEMP TABLE delivered (event_id text, webhook_id bigint NOT NULL, at float8 NOT NULL) ON COMMIT DROP;
    CREATE TEMP TABLE recorded (
      delivery_id text PRIMARY KEY, event_id text NOT NULL, webhook_id bigint NOT NULL,
      status text NOT NULL, status_code integer, at float8 NOT NULL
    ) ON COMMIT DROP;
    CREATE TEMP VIEW expected AS SELECT event_id, webhook_id FROM pg_temp.published CROSS JOIN pg_temp.webhook;
    CREATE TEMP VIEW arrivals AS
      SELECT event_id, webhook_id, count(*) AS times, min(at) AS at FROM pg_temp.delivered GROUP BY 1, 2;
    CREATE TEMP VIEW attempts AS
      SELECT event_id, webhook_id, count(*) AS times, count(status_code) AS answered, min(at) AS at,
             count(*) FILTER (WHERE status <> 'retrying') AS final,
             count(*) FILTER (WHERE status = 'success') AS successes
        FROM pg_temp.recorded GROUP BY 1, 2;
"""

READ_ROWS = """
    INSERT INTO pg_temp.recorded
    SELECT {delivery_id}::text, {event_id}, {webhook_id}, {status}, {status_code}, %(now)s
      FROM {deliveries} AS theirs
     WHERE {webhook_id} = ANY(%(webhooks)s)
       AND NOT EXISTS (SELECT FROM pg_temp.recorded AS known
                        WHERE known.delivery_id = theirs.{delivery_id}::text AND known.status = theirs.{status})
        ON CONFLICT (delivery_id) DO UPDATE SET status = EXCLUDED.status, status_code = EXCLUDED.status_code
"""

PROGRESS = """
    SELECT (SELECT count(*) FROM pg_temp.delivered), (SELECT count(*) FROM pg_temp.recorded),
           (SELECT count(*)
              FROM pg_temp.expected LEFT JOIN pg_temp.arrivals USING (event_id, webhook_id)
                                    LEFT JOIN pg_temp.attempts USING (event_id, webhook_id)
             WHERE arrivals.times IS NULL OR attempts.final IS NULL
                OR attempts.final = 0 OR attempts.times < arrivals.times)
"""

IMBALANCES = MappingProxyType(
    {
        "without a run": """
            SELECT event_id, 0, 'no run of the dispatcher' FROM pg_temp.published
             WHERE NOT EXISTS (SELECT FROM pg_temp.run WHERE run.event_id = published.event_id) ORDER BY 1
        """,
        "lost": """
            SELECT event_id, webhook_id, 'never arrived' FROM pg_temp.expected
             WHERE NOT EXISTS (SELECT FROM pg_temp.delivered
                                WHERE (event_id, webhook_id) = (expected.event_id, expected.webhook_id)) ORDER BY 1, 2
        """,
        "duplicate": """
            SELECT event_id, webhook_id, arrivals.times || ' arrivals'
              FROM pg_temp.arrivals LEFT JOIN pg_temp.attempts USING (event_id, webhook_id)
             WHERE arrivals.times - coalesce(attempts.times - attempts.answered, 0) > 1 ORDER BY 1, 2
        """,
        "stray": """
            SELECT coalesce(event_id, '(no id)'), webhook_id, 'never published' FROM pg_temp.arrivals
             WHERE NOT EXISTS (SELECT FROM pg_temp.published WHERE published.event_id = arrivals.event_id) ORDER BY 1, 2
        """,
        "unrecorded": """
            SELECT event_id, webhook_id,
                   arrivals.times || ' arrivals, ' || coalesce(attempts.times, 0) || ' rows, '
                     || coalesce(attempts.final, 0) || ' of them final'
              FROM pg_temp.arrivals LEFT JOIN pg_temp.attempts USING (event_id, webhook_id)
             WHERE attempts.times IS NULL OR attempts.times < arrivals.times OR attempts.final = 0 ORDER BY 1, 2
        """,
        "unended": """
            SELECT event_id, 0, 'a run that has not ended'
              FROM pg_temp.run GROUP BY 1 HAVING NOT bool_or(ended) ORDER BY 1
        """,
        "phantom": """
            SELECT event_id, webhook_id,
                   answered || ' rows of an answer, ' || coalesce(arrivals.times, 0) || ' arrivals'
              FROM pg_temp.attempts LEFT JOIN pg_temp.arrivals USING (event_id, webhook_id)
             WHERE answered > coalesce(arrivals.times, 0) ORDER BY 1, 2
        """,
    }
)
"""Each gives the event, the webhook (0 for all of them) and what was seen."""

MISCOUNTED = """
    SELECT 'all', theirs.{webhook_id},
           'success_count ' || coalesce(theirs.{count}::text, 'NULL') || ', ' || coalesce(rows.successes, 0) || ' rows'
      FROM {webhooks} AS theirs JOIN pg_temp.webhook ON webhook.webhook_id = theirs.{webhook_id}
      LEFT JOIN (SELECT webhook_id, sum(successes) AS successes FROM pg_temp.attempts GROUP BY 1) AS rows
             ON rows.webhook_id = theirs.{webhook_id}
     WHERE theirs.{count} IS DISTINCT FROM coalesce(rows.successes, 0) ORDER BY 2
"""

RETRIED = "SELECT count(*) FROM pg_temp.recorded WHERE status_code IS NULL"

LATE = """
    SELECT count(*) FROM pg_temp.arrivals JOIN pg_temp.published USING (event_id)
     WHERE arrivals.at - published.at > %(after)s
"""

SPREAD = """
    SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds),
           percentile_cont(0.95) WITHIN GROUP (ORDER BY seconds), percentile_cont(0.99) WITHIN GROUP (ORDER BY seconds),
           max(seconds) FROM ({seconds}) AS each
"""

HOPS = MappingProxyType(
    {
        "published → run started": """
            SELECT min(run.at) - published.at AS seconds FROM pg_temp.run JOIN pg_temp.published USING (event_id)
             WHERE run.at IS NOT NULL GROUP BY event_id, published.at
        """,
        DELIVERED: """
            SELECT arrivals.at - published.at AS seconds
              FROM pg_temp.arrivals JOIN pg_temp.published USING (event_id)
        """,
        "delivered → recorded": """
            SELECT attempts.at - arrivals.at AS seconds
              FROM pg_temp.attempts JOIN pg_temp.arrivals USING (event_id, webhook_id)
                                    JOIN pg_temp.published USING (event_id)
        """,
    }
)
"""Each gives the seconds that one hop took, for each event or delivery."""

TOTALS = """
    SELECT (SELECT count(*) FROM pg_temp.published),
           (SELECT max(at) - min(at) FROM pg_temp.published),
           count(arrivals.at), max(arrivals.at) - (SELECT min(at) FROM pg_temp.published)
      FROM pg_temp.arrivals JOIN pg_temp.published USING (event_id)
"""
