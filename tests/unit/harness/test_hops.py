"""A broken hop is told with the time since the last good one."""

from datetime import UTC, datetime

import pytest

from harness.clients.inngest_answers import Reply, Run
from harness.hops import Hop, published, started, stored, time_between

PUBLISHED = published(Reply(status=200, ids=("01",), error=None), at=100.0)
STORED = stored({"received_at": "1970-01-01T00:01:40.003Z"}, "01")
STARTED = started([Run(id="r", slug="s", status="COMPLETED", started=datetime.fromtimestamp(100.012, UTC))], "s")


def hop(name: str, at: float | None = None, *, good: bool | None = True) -> Hop:
    """Return a hop."""
    return Hop(name=name, good=good, seen="", at=at)


@pytest.mark.parametrize(
    ("hops", "broken", "told"),
    [
        (
            [PUBLISHED, STORED, hop("run started", good=False)],
            "run started",
            "not seen for 5.0 s since the last good one (stored, 3 ms after publishing)",
        ),
        (
            [PUBLISHED, STORED, STARTED, hop("delivered", 100.049)],
            "delivered",
            "37 ms after the last good one (run started, 12 ms after publishing)",
        ),
        ([PUBLISHED, hop("stored", good=False)], "stored", "not seen for 5.0 s since the last good one (published)"),
        (
            [PUBLISHED, hop("stored"), hop("run started"), hop("delivered", good=None)],
            "delivered",
            "not seen for 5.0 s since the last good one (run started)",
        ),
        ([hop("published", good=False)], "published", ""),
        ([PUBLISHED], "registered", ""),
    ],
)
def test_time_since_the_last_good_hop_is_told(hops: list[Hop], broken: str, told: str) -> None:
    """A hop that came is told with its delay, one that did not with the time it was waited for, as far as known."""
    assert time_between(hops, broken, since=100.0, now=105.0) == told
