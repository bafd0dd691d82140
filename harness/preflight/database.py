"""Can the target's database be reached, are its tables there, and may the suite write to them?"""

from contextlib import closing

import psycopg
from psycopg.conninfo import conninfo_to_dict

from harness.clients.tables import name_of
from harness.errors import SetupError
from harness.preflight.finding import Finding
from harness.preflight.inngest import variable_of
from harness.targets import Table, Target

NEEDED = ("SELECT", "INSERT", "UPDATE", "DELETE")
"""What the suite does in each of the two tables."""

Connection = psycopg.Connection[tuple[object, ...]]


def look_at_database(target: Target) -> Finding:
    """Look at the database, without writing anything.

    Raises:
        SetupError: It can't be reached, has not got the tables, or does not let us write.
    """
    with closing(_connected(target)) as connection:
        for key, table in (("tables.webhooks", target.webhooks), ("tables.deliveries", target.deliveries)):
            _require_there(connection, target, table, key)
            _require_rights(connection, table)
    return Finding(about="database")


def _connected(target: Target) -> Connection:
    try:
        return psycopg.connect(target.dsn, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError as error:
        password = str(conninfo_to_dict(target.dsn).get("password") or "")
        variable = variable_of(target, password, "database.password_env")
        advice = "see whether it is up, and [database] of the target's file."
        if password and "password" in str(error):
            advice = f"correct the password in {variable}."
        raise SetupError(
            f"the target's database, {_place(target)}, to accept a connection.",
            f"{str(error).strip().splitlines()[0].rstrip('.')}.",
            advice,
        ) from None


def _require_there(connection: Connection, target: Target, table: Table, key: str) -> None:
    quoted = name_of(table).as_string(connection)
    row = connection.execute("SELECT to_regclass(%s)", [quoted]).fetchone()
    if row != (None,):
        return
    query = """SELECT schemaname || '.' || tablename FROM pg_tables
                WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1 LIMIT 12"""
    others = ", ".join(str(found[0]) for found in connection.execute(query)) or "no table at all"
    raise SetupError(
        f"the table {table.name} in {_place(target)}.",
        f"it is not there; there is: {others}.",
        f"see whether [database] is the database of this dispatcher, and migrated; [{key}] name says another name.",
    )


def _require_rights(connection: Connection, table: Table) -> None:
    name = name_of(table).as_string(connection)
    query = "SELECT needed FROM unnest(%s::text[]) AS needed WHERE NOT has_table_privilege(%s, needed)"
    missing = ", ".join(str(row[0]) for row in connection.execute(query, [[*NEEDED], name]))
    if missing:
        user = connection.info.user
        raise SetupError(
            f"the user {user} to read and write {table.name}.",
            f"the database does not grant it {missing}.",
            f'GRANT {missing} ON {name} TO "{user}", or name another user in [database].',
        )


def _place(target: Target) -> str:
    parts = conninfo_to_dict(target.dsn)
    return f"{parts.get('dbname')} at {parts.get('host')}:{parts.get('port', 5432)}"
