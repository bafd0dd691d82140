"""What the command line can say, with the names and defaults of the real one."""

from dataclasses import dataclass
from pathlib import Path

from embedded_inngest.release import V1_43, Release
from embedded_inngest.signing import SigningKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the server is to run: with a signing key in the signed mode, without one as a dev server.

    Intervals are in seconds, the tick in milliseconds. Without event keys every key is taken. In
    the folder `store` is kept what is to outlive the server.
    """

    release: Release = V1_43
    urls: tuple[str, ...] = ()
    host: str = "0.0.0.0"  # noqa: S104 (the real server's default)
    port: int = 8288
    discovery: bool = True
    poll: bool = True
    poll_interval: float = 5.0
    retry_interval: float | None = None
    tick: int = 150
    queue_workers: int = 100
    log_level: str = "info"
    json_logs: bool = False
    event_keys: tuple[str, ...] = ()
    signing_key: SigningKey | None = None
    ui: bool = True
    store: Path | None = None

    @property
    def server_kind(self) -> str:
        return "cloud" if self.signing_key else "dev"
