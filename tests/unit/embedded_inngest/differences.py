"""Compares what the real server said with what the embedded engine says, and shows a difference as a diff."""

import json
from collections.abc import Iterator
from difflib import unified_diff
from typing import Any

from harness.errors import UnmetError
from tests.unit.embedded_inngest.recordings import NEW

MOST_LINES = 80


def _lines(document: Any) -> list[str]:
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False).splitlines()


def _diff(real: Any, embedded: Any) -> Iterator[str]:
    return unified_diff(_lines(real), _lines(embedded), "the real server", "the embedded engine", lineterm="", n=6)


def assert_same(real: Any, embedded: Any, transcript: str, release: str = NEW) -> None:
    """Demand that two normalised documents are equal, keys that are missing or too many included."""
    __tracebackhide__ = True
    diff = list(_diff(real, embedded))
    if diff:
        shown = "\n".join(diff[:MOST_LINES])
        raise UnmetError(
            f"what Inngest {release} said, transcript {transcript}.",
            f"differences (- recorded, + embedded engine; {len(diff)} lines in all)\n{shown}",
            "make the engine say the same; a difference that is right belongs into normalised.py, with its reason.",
        )
