"""How long a sleep or a wait is, read from its text as the real server reads it."""

import math
import re
from datetime import UTC, datetime

from embedded_inngest.opcodes import OpcodeError

_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_UNITS |= {"d": 86400.0, "w": 604800.0}
_DURATION = re.compile(r"[-+]?(0|((\d+(\.\d*)?|\.\d+)[^\d.]+)+)", re.ASCII)
_PART = re.compile(r"([\d.]+)([^\d.]+)", re.ASCII)
YEAR = 365 * 24 * 60 * 60.0
_LONGEST = 2**63 / 1e9
"""Seconds that Go's durations can hold."""

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([.,]\d+)?(Z|[-+]\d\d:\d\d)", re.ASCII)
_WITHOUT_ZONE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d([.,]\d+)?)?", re.ASCII)
_WRITTEN = (
    "%a, %d %b %Y %H:%M:%S %Z",
    "%d %b %y %H:%M %Z",
    "%d %b %y %H:%M %z",
    "%A, %d-%b-%y %H:%M:%S %Z",
    "%a %b %d %H:%M:%S %z %Y",
    "%a %b %d %H:%M:%S %Z %Y",
    "%a %b %d %H:%M:%S %Y",
    "%Y-%m-%d %H:%M:%S %z %Z",
)
"""RFC 1123, 822, 850, and what Ruby, Unix, C and Go write."""

_SHORTEST_DATE = 10

_WRITTEN_UNITS = (
    ("w", 604_800_000_000),
    ("d", 86_400_000_000),
    ("h", 3_600_000_000),
    ("m", 60_000_000),
    ("s", 1_000_000),
    ("ms", 1000),
    ("us", 1),
)
"""Units in which durations are shown, in microseconds."""


def of_sleep(text: str, now: float) -> float:
    """Return the seconds of a sleep: a date counts to the nearest whole second from now, a duration to the letter.

    SDKs may write every sleep as a date, so that one of less than half a second is none.

    Raises:
        OpcodeError: It is neither.
    """
    if not text:
        return 0.0
    at = _date(text) if len(text) >= _SHORTEST_DATE else None
    return of_option(text) if at is None else max(0.0, math.floor(at - now + 0.5))


def of_timeout(text: str, now: float) -> float:
    """Return the seconds after which a wait is over: those of a duration, or until a date, which is not rounded.

    Raises:
        OpcodeError: It is neither.
    """
    if not text:
        return 0.0
    if _RFC3339.fullmatch(text) and (at := _date(text)) is not None:
        return at - now
    return of_option(text)


def of_duration(text: str) -> float:
    """Return the seconds of a duration; none at all is over at once.

    Raises:
        OpcodeError: It is none.
    """
    return of_option(text) if text else 0.0


def of_option(text: str) -> float:
    """Return the seconds of a duration that a function is configured with, where it must be one.

    Raises:
        OpcodeError: It is none.
    """
    if not _DURATION.fullmatch(text):
        raise OpcodeError(f'time: invalid duration "{text}"')
    seconds = 0.0
    for number, unit in _PART.findall(text.lstrip("+-")):
        if unit not in _UNITS:
            raise OpcodeError(f'time: unknown unit "{unit}" in duration "{text}"')
        seconds += float(number) * _UNITS[unit]
    if seconds >= _LONGEST:
        raise OpcodeError(f'time: invalid duration "{text}"')
    return -seconds if text.startswith("-") else seconds


def written(seconds: float) -> str:
    """Write a duration as the server shows it: from weeks to microseconds, what is none left out."""
    parts, rest = "", round(seconds * 1_000_000)
    for unit, size in _WRITTEN_UNITS:
        count, rest = divmod(rest, size)
        parts += f"{count}{unit}" if count else ""
    return parts or "0s"


def _date(text: str) -> float | None:
    """Return the second that a date names, in UTC unless it says otherwise; None when the server can't read it."""
    try:
        if _RFC3339.fullmatch(text) or _WITHOUT_ZONE.fullmatch(text):
            return _second(datetime.fromisoformat(text.replace(",", ".")))
    except ValueError:
        return None
    return next((second for form in _WRITTEN if (second := _written(text, form)) is not None), None)


def _written(text: str, form: str) -> float | None:
    try:
        return _second(datetime.strptime(text, form))  # noqa: DTZ007 (the next line gives it a zone)
    except ValueError:
        return None


def _second(date: datetime) -> float:
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
