"""Clocks: those of the platform's parts and ours need not agree to the moment."""

from datetime import UTC, datetime, timedelta

CLOCKS_APART = timedelta(seconds=2)
"""By how much they may differ (PLAT-06)."""


def earliest_stamp(at: float) -> datetime:
    """Return the earliest time that any part may tell of what happened at `at`, in seconds since our epoch."""
    return datetime.fromtimestamp(at, UTC) - CLOCKS_APART
