"""beema-kernel as the suite sees it: it publishes events on request."""

from collections.abc import Mapping
from typing import Any

import httpx

from harness.clients.http import Http


class KernelClient:
    """Speaks to the kernel's event endpoints."""

    def __init__(self, base_url: str) -> None:
        self.http = Http("the kernel", base_url)

    def health(self) -> httpx.Response:
        return self.http.get("/actuator/health")

    def publish_test(self, endpoint: str) -> httpx.Response:
        """Ask for a documented test event, such as `policy-bound`."""
        return self.http.post(f"/api/v1/events/test/{endpoint}", json={})

    def publish(self, event_name: str, data: Mapping[str, Any]) -> httpx.Response:
        return self.http.post("/api/v1/events/publish", json={"eventName": event_name, "data": data})
