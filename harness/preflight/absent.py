"""Is what the target declares to lack really not there?"""

from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import httpx

from harness.clients.http import Http
from harness.clients.inngest_answers import parsed
from harness.clients.rows import Rows
from harness.errors import SetupError
from harness.stack import Clients
from harness.tag import Tag
from harness.targets import STATUS_COLUMNS, Target

KERNEL_PORT = 8080
"""Where the setup guide has the kernel."""

NOT_ALLOWED = 405


def require_absent(target: Target, clients: Clients, rows: Rows, tag: Tag) -> None:
    """Refuse a target's file that declares to lack what is there.

    Raises:
        SetupError: It does.
    """
    for key, seen in _found(target, clients, rows, tag):
        raise SetupError(
            f"the target to lack what its file declares that it lacks: {key}.",
            f"{seen}.",
            f"remove {key} from the target's file, so that it is judged.",
        )


def _found(target: Target, clients: Clients, rows: Rows, tag: Tag) -> Iterator[tuple[str, str]]:
    if "kernel" in target.absent and target.is_running and (kernel := _kernel_near(target)):
        yield "absent.kernel", f"a kernel answers at {kernel}"
    if "deliveries_api" in target.absent and _lists_deliveries(clients, tag):
        yield "absent.deliveries_api", "GET /api/webhooks/deliveries answers with a list of deliveries"
    if "webhook_api" in target.absent and _lists_webhooks(clients, tag):
        yield "absent.webhook_api", "GET /api/webhooks answers a tenant with a list"
    if "signed_mode" in target.absent and target.inngest is not None and target.inngest.mode == "start":
        yield "absent.signed_mode", "its Inngest is in signed mode"
    there = rows.columns(target.webhooks)
    for column in STATUS_COLUMNS:
        if target.webhooks.column(column) is None and column in there:
            yield f"tables.webhooks.columns.{column} = false", f"{target.webhooks.name} has the column {column}"


def _kernel_near(target: Target) -> str:
    """Return the address of a kernel beside the dispatcher, told by its health and by an endpoint of its own."""
    place = urlsplit(target.dispatcher.url)
    url = target.kernel.url or f"{place.scheme}://{place.hostname}:{KERNEL_PORT}"
    with closing(Http("the kernel", url)) as http:
        try:
            health = http.get(target.kernel.health)
            endpoint = http.get("/api/v1/events/test/policy-bound")  # takes POST alone, so that GET publishes nothing
        except SetupError:
            return ""
    is_kernel = _field(health, "status") == "UP" and endpoint.status_code == NOT_ALLOWED
    return url if is_kernel else ""


def _lists_deliveries(clients: Clients, tag: Tag) -> bool:
    try:
        return isinstance(_field(clients.dispatcher.deliveries(f"{tag.tenants}absent"), "deliveries"), list)
    except SetupError:
        return False


def _lists_webhooks(clients: Clients, tag: Tag) -> bool:
    try:
        answer = clients.dispatcher.webhooks(f"{tag.tenants}absent")
    except SetupError:
        return False
    return answer.is_success and isinstance(parsed(answer.text), list | dict)


def _field(answer: httpx.Response, name: str) -> object:
    try:
        body = answer.json()
    except ValueError:
        return None
    return body.get(name) if answer.is_success and isinstance(body, dict) else None
