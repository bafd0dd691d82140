"""The command line of an Inngest server, real or embedded, in a container or as a process."""

from collections.abc import Mapping

from harness.engines import Keys

POLL_INTERVAL = 1
"""Seconds between two syncs with the app; the real server's default is 5, which every restart would wait for."""

RETRY_INTERVAL = 1
"""Seconds between two attempts of a step or a function; the real server's table starts at 15 s or more."""

TICK = 50
"""Milliseconds between two looks into the queue; the default of 150 would be felt in every step."""


def arguments(sdk_url: str, keys: Keys | None, *, host: str, port: int, keep: bool) -> list[str]:
    """Return the arguments of a server, which are known to v0.29.9 (dev alone, without a store) and v1.43.0."""
    dev = ["dev", "--no-discovery", *(["--persist"] if keep else [])]
    mode = dev if keys is None else ["start"]
    intervals = {"--poll-interval": POLL_INTERVAL, "--retry-interval": RETRY_INTERVAL, "--tick": TICK}
    pace = [word for flag, value in intervals.items() for word in (flag, str(value))]
    return [*mode, "-u", sdk_url, *pace, "--host", host, "--port", str(port)]


def environment(keys: Keys | None) -> Mapping[str, str]:
    """Return what a server is told beside its arguments: keys, which others could read there."""
    quiet = {"DO_NOT_TRACK": "1"}  # else every command reports itself, and waits for seconds where there is no network
    return quiet if keys is None else quiet | {"INNGEST_EVENT_KEY": keys.event, "INNGEST_SIGNING_KEY": keys.signing}
