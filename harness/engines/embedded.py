"""The embedded engine: `python -m embedded_inngest`, for machines that have neither Docker nor an `inngest` binary."""

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from harness.clients import versions
from harness.engines import LOCAL, Keys, Reach, command_line, unkept, unsigned
from harness.processes.ports import LOOPBACK
from harness.services import Ground, ProcessPart, Service

MODULE = "embedded_inngest"
COMPAT = "--compat"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedEngine:
    """Inngest's protocol, spoken by this repository's own server.

    Attributes:
        module: The Python module that is started, and its arguments; `--compat 0.29` among them names another release.
    """

    kind: str = "embedded"
    module: str = MODULE
    image: str | None = None
    notes: Sequence[str] = ()
    unresumed: str = ""
    only_port: int = 0
    reach: Reach = LOCAL

    @property
    def version(self) -> str:
        """The release that it is to imitate; it tells by itself when it runs, and is new unless it is told."""
        words = self.module.replace("=", " ").split()
        return dict(pairwise(words)).get(COMPAT, versions.UNTOLD)

    @property
    def unsigned(self) -> str:
        """Why it can't be had in signed mode; empty when it can."""
        return unsigned(self.version)

    @property
    def unkept(self) -> str:
        """Why it can't be had with a store that outlives a restart; empty when it can."""
        return unkept(self.version)

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
