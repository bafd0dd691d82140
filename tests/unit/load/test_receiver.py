"""The receiver of a load answers at once and writes down whatever comes."""

import asyncio
import io
import json
import time
from typing import Any

import pytest

from load.receiver import Writer


def posted(writer: Writer, path: str, *chunks: bytes) -> list[dict[str, Any]]:
    """Return the answer to one request whose body comes in these chunks."""
    parts = [{"body": chunk, "more_body": place < len(chunks)} for place, chunk in enumerate(chunks, start=1)]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return parts.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(writer({"path": path}, receive, send))
    return sent


@pytest.mark.parametrize(
    ("chunks", "event_id"),
    [((b'{"id": ', b'"e1"}'), "e1"), ((b'{"id": 5}',), ""), ((b"[]",), ""), ((b"no JSON",), ""), ((b"",), "")],
)
def test_arrival_is_written_down(chunks: tuple[bytes, ...], event_id: str) -> None:
    """Each request is answered 200 and leaves a line with its event's id, if it has one, its path and its time."""
    file = io.StringIO()

    start, _ = posted(Writer(file), "/mine/0", *chunks)

    seen, path, at = json.loads(file.getvalue())
    assert (start["status"], seen, path) == (200, event_id, "/mine/0")
    assert abs(time.time() - at) < 5


def test_health_is_no_arrival() -> None:
    """Whoever asks whether the receiver is up is answered and not written down."""
    file = io.StringIO()

    start, _ = posted(Writer(file), "/health", b"")

    assert (start["status"], file.getvalue()) == (200, "")
