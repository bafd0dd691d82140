"""The embedded engine: `python -m embedded_inngest`, for machines that have neither Docker nor an `inngest` binary."""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.engines import LOCAL, POLL_INTERVAL, RETRY_INTERVAL, Keys, Reach
from harness.services import Ground, ProcessPart, module_service


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedEngine:
    """Inngest's protocol, spoken by this repository's own server."""

    kind: str = "embedded"
    image: str | None = None
    notes: Sequence[str] = ()
    unsigned: str = ""
    only_port: int = 0
    reach: Reach = LOCAL

    def part(self, *, port: int, sdk_url: str, keys: Keys | None, ground: Ground) -> ProcessPart:
        """Describe `inngest dev`, or `inngest start`, as the embedded engine understands it."""
        intervals = ["--poll-interval", str(POLL_INTERVAL), "--retry-interval", str(RETRY_INTERVAL)]
        command = ["dev", "--no-discovery"] if keys is None else ["start"]
        told = {} if keys is None else {"INNGEST_EVENT_KEY": keys.event, "INNGEST_SIGNING_KEY": keys.signing}
        service = module_service(
            "embedded_inngest",
            *command,
            "-u",
            sdk_url,
            *intervals,
            name="engine",
            port=port,
            health="/health",
            environment=told,
        )
        return ProcessPart(service, ground)
