"""LOAD-01 and LOAD-02: many events at once, and how long they take."""

import pytest

from fixtures.load import Load
from harness.notes import Note
from harness.webhooks import Webhooks
from load.outcome import DELIVERED

WEBHOOKS = 5


@pytest.mark.requirement("LOAD-01")
def test_nothing_is_lost_under_load(load: Load, webhooks: Webhooks, note: Note) -> None:
    """Of 200 events at once none is lost, none arrives twice, and each delivery has its row and each event its run."""
    outcome = load(200, [webhooks.create() for _ in range(WEBHOOKS)])

    note(f"load, all at once: {outcome.summary()}")
    outcome.require_balance()


@pytest.mark.requirement("LOAD-02")
def test_latency_and_throughput_are_reported(load: Load, webhooks: Webhooks, note: Note) -> None:
    """The report has p50, p95 and p99 from publish to delivery of all that arrived, and the deliveries a second."""
    outcome = load(20, [webhooks.create() for _ in range(WEBHOOKS)], in_turn=True)

    note(f"load, one after the other: {outcome.summary()}")
    latency = outcome.latency(DELIVERED)
    assert latency.count == outcome.deliveries == 20 * WEBHOOKS
    assert 0 < latency.p50 <= latency.p95 <= latency.p99 <= latency.longest <= outcome.seconds
    assert outcome.deliveries_per_second > 0
