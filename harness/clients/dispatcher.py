"""The dispatcher as the suite sees it: its serve endpoint, its health and its webhook API."""

from collections.abc import Mapping
from typing import Any

import httpx

from harness.clients.calls import SIGNATURE, signature
from harness.clients.http import Http


class DispatcherClient:
    """Speaks to the dispatcher (Studio).

    Args:
        base_url: Where it listens.
        serve: Path of its endpoint for Inngest.
        signing_key: Opens that endpoint in signed mode; empty in dev mode.
    """

    def __init__(self, base_url: str, serve: str = "/api/inngest", signing_key: str = "") -> None:
        self.http = Http("the dispatcher", base_url)
        self._serve = serve
        self._signing_key = signing_key

    def health(self) -> httpx.Response:
        return self.http.get("/api/health")

    def serve_endpoint(self) -> httpx.Response:
        """Ask the SDK's endpoint to introduce itself; in cloud mode it does so for a signed request alone."""
        signed = {SIGNATURE: signature(b"", self._signing_key)} if self._signing_key else {}
        return self.http.get(self._serve, headers=signed)

    def sync(self) -> httpx.Response:
        """Make the dispatcher register itself with Inngest."""
        return self.http.request("PUT", self._serve)

    def call(self, slug: str, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """Call a function as Inngest does."""
        return self.http.post(
            self._serve,
            content=body,
            headers={"content-type": "application/json", **headers},
            params={"fnId": slug, "stepId": "step"},
        )

    def api(self, method: str, path: str = "", *, tenant: str | None, **options: Any) -> httpx.Response:
        """Ask the webhook API below `/api/webhooks` for something on behalf of a tenant; None names no tenant."""
        headers = {} if tenant is None else {"X-Tenant-ID": tenant}
        return self.http.request(method, f"/api/webhooks{path}", headers=headers, **options)

    def webhooks(self, tenant: str) -> httpx.Response:
        """List the webhooks of a tenant."""
        return self.api("GET", tenant=tenant)

    def deliveries(self, tenant: str, **filters: Any) -> httpx.Response:
        """Read the deliveries of a tenant, filtered by webhook_id, event_id, status, limit."""
        return self.api("GET", "/deliveries", tenant=tenant, params=filters)
