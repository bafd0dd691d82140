"""The command that a person pastes next: into the logs of what the suite started, or at a platform that still runs."""

import json
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from harness.addresses import Addresses
from harness.hops import HOPS
from harness.journey import Journey
from harness.targets import Target

FUNCTIONS = {"query": "{ functions { slug triggers { value } } apps { name url connected error } }"}


def next_command(hop: str, journey: Journey | None, addresses: Addresses, target: Target) -> str:
    """Return a command for a shell that shows more of a broken hop; it has no secret, but the names of variables.

    Args:
        hop: The broken one.
        journey: The event that got lost there; None where none was followed.
        addresses: Where the parts are, and their logs.
        target: Says how tables and columns are named.
    """
    if addresses.logs:
        return _in_logs(hop, journey, addresses)
    return _on_platform(hop, journey, addresses, target)


def _in_logs(hop: str, journey: Journey | None, addresses: Addresses) -> str:
    """Return what finds the event in the logs, which outlive the stack; without an event, what went wrong in them."""
    folder = Path(addresses.logs)
    shown = folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
    if journey is None or HOPS.index(hop) < HOPS.index("published"):
        return f"grep -rniE 'error|refused|regist|publish' {shown}"
    ids = dict.fromkeys(each for each in (journey.id, *journey.inngest_ids) if each)
    return f"grep -rnE '{'|'.join(ids)}' {shown}"


def _on_platform(hop: str, journey: Journey | None, addresses: Addresses, target: Target) -> str:
    key = ' -H "authorization: Bearer $INNGEST_SIGNING_KEY"' if addresses.signing_key else ""
    if journey is not None and hop in ("delivered", "recorded"):
        return _select(journey.id, addresses, target)
    if journey is not None and hop in ("published", "stored") and journey.inngest_id:
        return f"curl -sS{key} {addresses.engine}/v1/events/{journey.inngest_id}"
    if hop == "published":
        return f'curl -sS -d \'{{"name":"test/event","data":{{}}}}\' {addresses.engine}/e/$INNGEST_EVENT_KEY'
    if hop == "stack":
        return f"curl -sS -w '%{{http_code}}' {addresses.dispatcher}{addresses.serve}"
    return f"curl -sS{key} -H 'content-type: application/json' -d '{json.dumps(FUNCTIONS)}' {addresses.engine}/v0/gql"


def _select(event_id: str, addresses: Addresses, target: Target) -> str:
    """Return the query for the rows of an event; psql asks for the password, or takes it from PGPASSWORD."""
    place = {key: value for key, value in conninfo_to_dict(addresses.dsn).items() if key != "password" and value}
    server = " ".join(f"{key}={value}" for key, value in place.items())
    column = target.deliveries.column("event_id")
    query = f"SELECT * FROM {target.deliveries.name} WHERE {column} = '{event_id}'"  # noqa: S608 - for a person to read
    return f'psql "{server}" -c "{query}"'
