"""The embedded engine: `python -m embedded_inngest`, for machines that have neither Docker nor an `inngest` binary."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from harness.engines import LOCAL, Keys, Reach, command_line
from harness.processes.ports import LOOPBACK
from harness.services import Ground, ProcessPart, Service


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
        service = Service(
            name="engine",
            command=[
                *(sys.executable, "-m", "embedded_inngest"),
                *command_line.arguments(sdk_url, keys, host=LOOPBACK, port=port),
            ],
            url=f"http://{LOOPBACK}:{port}",
            health="/health",
            environment=command_line.environment(keys),
        )
        return ProcessPart(service, ground)
