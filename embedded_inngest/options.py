"""What the command line can say, with the names and defaults of the real one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the server is to run. Intervals are in seconds, the tick in milliseconds."""

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
