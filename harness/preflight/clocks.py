"""Do the clocks of this machine, the database, Inngest and the dispatcher agree?"""

import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime

import httpx

from harness.clients.rows import Rows
from harness.clocks import CLOCKS_APART
from harness.errors import SetupError
from harness.preflight.finding import Finding
from harness.stack import Clients

WHOLE_SECONDS = 1.0
"""What an HTTP Date may lag behind, because it has no fractions."""


def look_at_clocks(clients: Clients, rows: Rows) -> Finding:
    """Compare the clocks, as far as they are told.

    Raises:
        SetupError: One is more than 2 s off for certain.
    """
    for whose, ahead in seconds_ahead(clients, rows):
        _require_agreement(whose, ahead)
    return Finding(about="clocks")


def seconds_ahead(clients: Clients, rows: Rows) -> Iterator[tuple[str, float]]:
    """Yield of each part by how many seconds its clock is ahead of ours for certain; behind, if negative."""
    yield "the database", _ahead(lambda: rows.now().timestamp())
    yield "Inngest", _ahead_by_header(lambda: clients.inngest.http.get("/health"))
    yield "the dispatcher", _ahead_by_header(clients.dispatcher.serve_endpoint)


def _require_agreement(whose: str, ahead: float) -> None:
    if abs(ahead) > CLOCKS_APART.total_seconds():
        raise SetupError(
            f"the clock of {whose} to agree with ours within {CLOCKS_APART.total_seconds():g} s.",
            f"it is at least {abs(ahead):.1f} s {'ahead' if ahead > 0 else 'behind'}.",
            "let NTP set the clocks of all machines: times in rows and signatures can't be judged otherwise.",
        )


def _ahead(read: Callable[[], float], *, lag: float = 0.0) -> float:
    """Return by how many seconds a clock is ahead of ours for certain: the question took its time, and it may lag."""
    before = time.time()
    theirs = read()
    after = time.time()
    return max(0.0, theirs - after) or min(0.0, theirs + lag - before)


def _ahead_by_header(ask: Callable[[], httpx.Response]) -> float:
    def read() -> float:
        date = ask().headers.get("date")
        return parsedate_to_datetime(date).timestamp() if date else time.time()

    return _ahead(read, lag=WHOLE_SECONDS)
