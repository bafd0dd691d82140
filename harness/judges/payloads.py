"""Payloads that show whether JSON survives its way, and the comparison that says where it did not."""

import json
from collections.abc import Iterator
from typing import Any

from harness.errors import UnmetError, shortened
from harness.receiver.attempts import Attempt

FIELDS = frozenset({"event", "id", "data", "user", "timestamp"})
"""What the body of a delivery holds, no more and no less."""

TELLING: dict[str, Any] = {
    "text": {
        "emoji": "🚀👩‍👩‍👧",
        "letters": "żółć Ωμέγα العربية 漢字",
        "line and paragraph separators": "a\u2028b\u2029c",
        "composed and decomposed": ["\u00e9", "e\u0301"],
        "escapes": '"quoted" back\\slash / tab\t newline\n return\r',
        "markup": "<b>&amp;</b> %20 + ${x}",
        "spaces": "  kept  ",
    },
    "numbers": [0, -1, 1.5, 0.1, 1e-7, 1e21, 5e-324, 9007199254740991, -9007199254740991],
    "digits that are text": "00123456789012345678901234567890",
    "nothing": None,
    "truths": [True, False],
    "empty": {"object": {}, "array": [], "text": ""},
    "holes": [None, {"null inside": None}, []],
    "z before a": {"z": 1, "a": 2, "ключ": 3, "": 4},
    "deep": {"a": [{"b": [{"c": [{"d": "end"}]}]}]},
}
"""Every kind of value that a careless serialiser changes, drops or reorders."""

_ABSENT = object()


def body_of(attempt: Attempt) -> dict[str, Any]:
    """Return the body of a delivery as the JSON object that it must be.

    Raises:
        UnmetError: It is none, or lacks a field.
    """
    body = attempt.json
    missing = FIELDS - set(body if isinstance(body, dict) else ())
    if missing:
        raise UnmetError(
            f"a body that is one JSON object with {', '.join(sorted(FIELDS))}.",
            f"{_shown(body)} (without {', '.join(sorted(missing))}).",
            "look at what builds the body of a delivery.",
            hop="delivered",
        )
    return dict(body)


def same(expected: Any, seen: Any, *, what: str) -> None:
    """Check that two JSON values are equal: 1 is 1.0, but neither is `true`, and null is not absent.

    Raises:
        UnmetError: They differ; the text names the first places.
    """
    found = list(differences(expected, seen, at=what))
    if found:
        raise UnmetError(
            f"{what} as Inngest holds it.",
            f"{shortened(found)}.",
            "look at what parses the event and at what writes the body.",
            hop="delivered",
        )


def differences(expected: Any, seen: Any, *, at: str) -> Iterator[str]:
    """Name each place at which `seen` is not what was expected."""
    if isinstance(expected, dict) and isinstance(seen, dict):
        for key in {**expected, **seen}:
            yield from differences(expected.get(key, _ABSENT), seen.get(key, _ABSENT), at=f"{at}[{key!a}]")
    elif isinstance(expected, list) and isinstance(seen, list) and len(expected) == len(seen):
        for place, pair in enumerate(zip(expected, seen, strict=True)):
            yield from differences(*pair, at=f"{at}[{place}]")
    elif _kind(expected) != _kind(seen) or expected != seen:
        yield f"{at} is {_shown(seen)} for {_shown(expected)}"


def _kind(value: Any) -> object:
    """Return the type of a JSON value; numbers are of one type."""
    return float if type(value) is int else type(value)


def _shown(value: Any, limit: int = 60) -> str:
    """Write a value in ASCII, so that characters which look alike can be told apart."""
    text = "absent" if value is _ABSENT else json.dumps(value)
    return text if len(text) <= limit else f"{text[:limit]}…"
