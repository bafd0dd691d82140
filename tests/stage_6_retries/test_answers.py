"""RET-11: answers that nobody should keep."""

import pytest

from fixtures.journeys import Publish
from harness.addresses import Addresses
from harness.errors import Inconclusive, UnmetError
from harness.judges.outcomes import must_answer, must_complete
from harness.judges.records import agree
from harness.processes.memory import MemoryWatch
from harness.receiver.answers import Answer, Script
from harness.receiver.streams import MEGABYTE, Endless, GzipBomb, Huge
from harness.targets import Target
from harness.webhooks import Webhooks

MOST_KEPT = 1000
"""Characters of an answer that a row holds at most."""

MOST_GROWTH = 80 * MEGABYTE
"""Bytes that the dispatcher may grow by: less than the smallest bomb, more than a runtime takes for itself."""

BOMBS: dict[str, Script] = {
    "100 MB": Huge(size=100 * MEGABYTE),
    "endless chunks": Endless(size=150 * MEGABYTE),
    "gzip bomb": GzipBomb(megabytes=200),
}
ODDITIES: dict[str, Script] = {
    "bad UTF-8": Answer(200, body=b"\xff\xfe\xc3(\xed\xa0\x80" * 500),
    "NUL": Answer(200, body=b"a\0b" * 700),
    "4-byte characters": Answer(200, body="😀".encode() * 1500),
}
ONCE = {"maxAttempts": 1}


@pytest.mark.requirement("RET-11")
def test_bomb_costs_no_memory(webhooks: Webhooks, publish: Publish, stack: Addresses, target: Target) -> None:
    """An answer of 100 MB, one without end and one that grows are not kept in memory, and each has its short row."""
    endpoints = {name: webhooks.create(answers=[bomb], retry_config=ONCE) for name, bomb in BOMBS.items()}
    healthy = {"healthy": webhooks.create()}
    memory = None if target.is_running else MemoryWatch.at(stack.dispatcher)

    journey = publish()

    must_answer(journey, healthy, {"healthy": [200]}, longer=target.timeouts.attempt)
    must_complete(journey)
    kept = {name: [len(row.response_body or "") for row in journey.rows(each)] for name, each in endpoints.items()}
    assert {name: [size <= MOST_KEPT for size in sizes] for name, sizes in kept.items()} == {
        name: [True] for name in kept
    }
    must_be_small(memory)


@pytest.mark.requirement("RET-11")
def test_odd_answer_has_its_row(webhooks: Webhooks, publish: Publish) -> None:
    """A 200 whose body no text can hold is a success, after one POST, with a row of at most 1000 characters."""
    endpoints = {name: webhooks.create(answers=[answer]) for name, answer in ODDITIES.items()}

    journey = publish()

    must_answer(journey, endpoints, {name: [200] for name in ODDITIES})
    for webhook in endpoints.values():
        rows = journey.rows(webhook)
        agree(journey.attempts(webhook), rows)
        assert [len(row.response_body or "") <= MOST_KEPT for row in rows] == [True]


def must_be_small(memory: MemoryWatch | None) -> None:
    """Check that the dispatcher has not grown by as much as one of the bombs.

    Raises:
        UnmetError: It has.
        Inconclusive: It runs by itself, so that its memory is not ours to read.
    """
    if memory is None:
        raise Inconclusive(
            "the dispatcher's memory to be readable.",
            "it runs by itself, and perhaps elsewhere; the rows are there.",
            "judge one that the suite starts (a target of kind `command`), or look yourself and waive RET-11 here.",
        )
    if (grown := memory.grown()) > MOST_GROWTH:
        raise UnmetError(
            f"a dispatcher that grows by less than {MOST_GROWTH // MEGABYTE} MB when answers are huge.",
            f"it was {grown // MEGABYTE} MB larger.",
            "read no more of an answer than is kept, and don't decompress it.",
            hop="delivered",
        )
