"""The embedded engine: `python -m embedded_inngest`, for machines that have neither Docker nor an `inngest` binary."""

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.engines import LOCAL, Keys, Reach, command_line
from harness.processes.ports import LOOPBACK
from harness.services import Ground, ProcessPart, Service

MODULE = "embedded_inngest"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedEngine:
    """Inngest's protocol, spoken by this repository's own server.

    Attributes:
        module: The Python module that is started, and its arguments.
    """

    kind: str = "embedded"
    module: str = MODULE
    image: str | None = None
    notes: Sequence[str] = ()
    unsigned: str = ""
    unkept: str = ""
    unresumed: str = ""
    only_port: int = 0
    reach: Reach = LOCAL

    def part(self, *, port: int, sdk_url: str, keys: Keys | None, ground: Ground, keep: bool = False) -> ProcessPart:
        """Describe `inngest dev`, or `inngest start`, as the embedded engine understands it."""
        store = Path(tempfile.mkdtemp(prefix="engine-", dir=ground.folder))  # else it would be below where it runs
        service = Service(
            name="engine",
            command=[
                *(sys.executable, "-m", *self.module.split()),
                *command_line.arguments(sdk_url, keys, host=LOOPBACK, port=port, keep=keep),
                *("--sqlite-dir", str(store)),
            ],
            url=f"http://{LOOPBACK}:{port}",
            health="/health",
            environment=command_line.environment(keys),
            store=store,
        )
        return ProcessPart(service, ground)
