"""Arrivals: read from where they are written down, each once, and none that is of another load."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from harness.receiver.receiver import Receiver
from load.arrivals import FileArrivals, ReceiverArrivals

PATHS = {"/mine/0": 7, "/mine/1": 8}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver on a free port."""
    with closing(Receiver().start()) as receiver:
        yield receiver


def test_arrivals_at_a_receiver_are_read_once(receiver: Receiver) -> None:
    """What arrived at the load's paths is given once, and what arrived elsewhere not at all."""
    arrivals = ReceiverArrivals(receiver, PATHS)
    for path, event in (("/mine/1", "e1"), ("/theirs", "e2"), ("/mine/0", "e3")):
        httpx.post(receiver.url(path), json={"id": event}, trust_env=False)

    assert [(event, webhook) for event, webhook, _ in arrivals.new()] == [("e1", 8), ("e3", 7)]
    assert arrivals.new() == []


def test_half_a_line_is_left_for_later(tmp_path: Path) -> None:
    """A line that is just being written is read when it is whole, and none is read twice."""
    file = tmp_path / "arrivals.jsonl"
    whole, half = (json.dumps([f"e{number}", f"/mine/{number}", 1.5]) for number in range(2))
    file.write_text(f"{whole}\n{half[:10]}")

    with closing(FileArrivals(file, PATHS)) as arrivals:
        assert arrivals.new() == [("e0", 7, 1.5)]
        with file.open("a") as more:
            more.write(f"{half[10:]}\n")
        assert arrivals.new() == [("e1", 8, 1.5)]
        assert arrivals.new() == []
