"""Do dispatcher, Inngest and database belong to one deployment? The dispatcher's own API for webhooks can tell."""

import secrets
from contextlib import closing
from urllib.parse import urlsplit

import httpx

from harness.addresses import Addresses
from harness.clients.http import Http, object_of
from harness.clients.inngest import LOOK_EVERY, InngestClient
from harness.clients.rows import Rows
from harness.errors import SetupError
from harness.preflight.app import registered
from harness.targets import Target
from harness.waiters import OutOfTimeError, until

API_WITHIN = 2.0
"""Seconds until a webhook that the API made is in the database; it usually is before the answer."""


def require_one_deployment(
    target: Target, addresses: Addresses, inngest: InngestClient, rows: Rows, *, tenant: str
) -> None:
    """Make sure that nothing shows the parts of two deployments in one target's file.

    Args:
        target: The platform.
        addresses: Where its parts are.
        inngest: Its Inngest, which may run another dispatcher.
        rows: Its database, which may be another dispatcher's.
        tenant: Nobody else's: a webhook of it is made and deleted again.

    Raises:
        SetupError: Something does.
    """
    if _shares(addresses.dispatcher, rows, tenant) is False:
        raise SetupError(
            "the database of the target's file to be the one that its dispatcher uses.",
            f"a webhook that {addresses.dispatcher}/api/webhooks made is not in {target.webhooks.name} there.",
            "correct [database] in the target's file.",
        )
    function = registered(inngest, addresses)
    origin = str(httpx.URL(function.app_url).join("/")).rstrip("/") if function and function.app_url else ""
    is_another = urlsplit(origin).netloc not in ("", urlsplit(addresses.dispatcher).netloc)
    if is_another and _shares(origin, rows, tenant) is False:
        raise SetupError(
            f"Inngest at {addresses.engine} to run the dispatcher at {addresses.dispatcher}.",
            f"it runs another deployment's, at {origin}, which uses another database.",
            "correct [inngest] url, or have this dispatcher synced with that Inngest.",
        )


def _shares(origin: str, rows: Rows, tenant: str) -> bool | None:
    """Tell whether a webhook that a dispatcher's API makes is in our database; None where it has no such API."""
    name = f"preflight-{secrets.token_hex(4)}"
    body = {
        "webhook_name": name,
        "event_type": "test/event",
        "url": "https://example.com/preflight",
        "secret": secrets.token_hex(16),
        "enabled": False,
    }
    with closing(Http("the dispatcher", origin, {"X-Tenant-ID": tenant})) as http:
        try:
            made = http.post("/api/webhooks", json=body)
        except SetupError:
            return None
        if not made.is_success:
            return None
        try:
            return _is_there(rows, name, tenant)
        finally:
            _delete(http, made)


def _is_there(rows: Rows, name: str, tenant: str) -> bool:
    try:
        return until(lambda: rows.webhook_named(name, tenant=tenant), within=API_WITHIN, every=LOOK_EVERY)
    except OutOfTimeError:
        return False


def _delete(http: Http, made: httpx.Response) -> None:
    """Delete by the API what it made: that may be in a database which we can't reach."""
    answer = object_of(made)
    http.request("DELETE", f"/api/webhooks/{answer.get('webhook_id', answer.get('id'))}")
