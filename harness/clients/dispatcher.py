"""The dispatcher as the suite sees it: its serve endpoint, its health and its deliveries."""

from typing import Any

import httpx

from harness.clients.http import Http


class DispatcherClient:
    """Speaks to the dispatcher (Studio)."""

    def __init__(self, base_url: str) -> None:
        self.http = Http("the dispatcher", base_url)

    def health(self) -> httpx.Response:
        return self.http.get("/api/health")

    def serve_endpoint(self) -> httpx.Response:
        """Ask the SDK's endpoint to introduce itself."""
        return self.http.get("/api/inngest")

    def sync(self) -> httpx.Response:
        """Make the dispatcher register itself with Inngest."""
        return self.http.request("PUT", "/api/inngest")

    def deliveries(self, tenant: str, **filters: Any) -> httpx.Response:
        """Read the deliveries of a tenant, filtered by webhook_id, event_id, status, limit."""
        return self.http.get("/api/webhooks/deliveries", headers={"X-Tenant-ID": tenant}, params=filters)
