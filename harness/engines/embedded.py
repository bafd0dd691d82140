"""The embedded engine: `python -m embedded_inngest`, for machines that have neither Docker nor an `inngest` binary."""

from harness.services import Service, module_service

POLL_INTERVAL = 1
"""Seconds between two syncs with the app; the real server's default is 5, which every restart would wait for."""

RETRY_INTERVAL = 1
"""Seconds between two attempts of a step or a function."""


class EmbeddedEngine:
    """Inngest's protocol, spoken by this repository's own server."""

    kind: str = "embedded"
    image: str | None = None
    mode: str = "dev"

    def service(self, *, port: int, sdk_url: str) -> Service:
        """Describe `inngest dev` as the embedded engine understands it."""
        intervals = ["--poll-interval", str(POLL_INTERVAL), "--retry-interval", str(RETRY_INTERVAL)]
        arguments = ["dev", "-u", sdk_url, "--no-discovery", *intervals]
        return module_service("embedded_inngest", *arguments, name="engine", port=port, health="/health")
