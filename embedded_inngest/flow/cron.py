"""Cron expressions: five fields, with a time zone before them if need be, as the real server's library reads them.

It takes less than other crons (no `@hourly`, no 7 for Sunday, no `L`). In a night in which clocks are set, what falls
into the hour that is left out does not happen, and what falls into the hour that comes twice happens twice.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from embedded_inngest.errors import EngineError

_ZONE = re.compile(r"(?:CRON_)?TZ=([^ ]*) (.*)", re.DOTALL)
_NUMBER = re.compile(r"\+?\d+", re.ASCII)
_MONTHS = {"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6}
_MONTHS |= {"jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12}
_DAYS = {"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}
_MINUTE, _HOUR = 60, 3600
_YEARS = 5
"""Years that are searched for the next time; what does not come within them never does."""

_SAFE_HOUR = 20
"""Up to this hour of a day one may jump: no clock is ever set by as much as the rest of it."""


class CronError(EngineError):
    """A text that is no cron expression."""


@dataclass(frozen=True, slots=True)
class _Field:
    """What a field may hold."""

    least: int
    most: int
    names: Mapping[str, int]


_FIELDS = (_Field(0, 59, {}), _Field(0, 23, {}), _Field(1, 31, {}), _Field(1, 12, _MONTHS), _Field(0, 6, _DAYS))


@dataclass(frozen=True, slots=True)
class _Values:
    """The values that a field names, and whether a star was among them."""

    numbers: frozenset[int]
    is_starred: bool

    def __contains__(self, number: int) -> bool:
        return number in self.numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When something is to happen, minute by minute, by the clocks of a zone; without one by those of this machine."""

    minutes: _Values
    hours: _Values
    days: _Values
    months: _Values
    weekdays: _Values
    zone: tzinfo | None

    @classmethod
    def parse(cls, text: str) -> "Schedule":
        """Read an expression.

        Raises:
            CronError: It is none.
        """
        zone, fields = _without_zone(text)
        if len(fields) != len(_FIELDS):
            raise CronError(f"expected exactly 5 fields, found {len(fields)}: {text!r}")
        minutes, hours, days, months, weekdays = map(_values, fields, _FIELDS)
        return cls(minutes=minutes, hours=hours, days=days, months=months, weekdays=weekdays, zone=zone)

    def next(self, after: float) -> float | None:
        """Return the first second of its kind after a time; None when there is none."""
        if not (self.minutes.numbers and self.hours.numbers):
            return None
        second = (int(after) // _MINUTE + 1) * _MINUTE
        last_year = self._at(second).year + _YEARS
        while (local := self._at(second)).year <= last_year:
            step = self._step(local)
            if not step:
                return float(second)
            second += step
        return None

    def _at(self, second: int) -> datetime:
        return datetime.fromtimestamp(second, self.zone)

    def _step(self, local: datetime) -> int:
        """Return the seconds after which it is worth looking again; none when the time is right."""
        rest = _HOUR - local.minute * _MINUTE
        if not (local.month in self.months and self._is_day(local)):
            return rest + max(0, _SAFE_HOUR - local.hour - 1) * _HOUR
        if local.hour not in self.hours:
            return rest
        return 0 if local.minute in self.minutes else _MINUTE

    def _is_day(self, local: datetime) -> bool:
        """Tell whether it is the right day: of the month or of the week, or both where one of them is any."""
        of_month, of_week = local.day in self.days, local.isoweekday() % 7 in self.weekdays
        if self.days.is_starred or self.weekdays.is_starred:
            return of_month and of_week
        return of_month or of_week


def _without_zone(text: str) -> tuple[tzinfo | None, list[str]]:
    """Split an expression into its zone, if it names one, and its fields."""
    match = _ZONE.fullmatch(text)
    return (_zone(match[1]), match[2].split()) if match else (None, text.split())


def _zone(name: str) -> tzinfo | None:
    if name == "Local":
        return None
    try:
        return ZoneInfo(name) if name else UTC
    except (KeyError, ValueError, OSError):
        raise CronError(f"provided bad location {name}") from None


def _values(text: str, field: _Field) -> _Values:
    """Read a field: ranges with commas between them, where one between two commas may be missing."""
    ranges = [_range(part, field) for part in text.split(",") if part]
    return _Values(frozenset().union(*(one.numbers for one in ranges)), any(one.is_starred for one in ranges))


def _range(text: str, field: _Field) -> _Values:
    """Read `*`, `?`, `N` or `N-M`, each with `/STEP` after it if need be; `N/STEP` goes on to the end."""
    bounds, *steps = text.split("/")
    step = _number(steps[0], {}) if steps else 1
    low, *high = bounds.split("-")
    is_starred = low in {"*", "?"}
    least = field.least if is_starred else _number(low, field.names)
    most = field.most if is_starred or (steps and not high) else _number(high[0] if high else low, field.names)
    too_many = len(steps) > 1 or (len(high) > 1 and not is_starred)
    if too_many or not step or not field.least <= least <= most <= field.most:
        raise CronError(f"no range of {field.least} to {field.most}: {text}")
    return _Values(frozenset(range(least, most + 1, step)), is_starred and step == 1)


def _number(text: str, names: Mapping[str, int]) -> int:
    named = names.get(text.lower())
    if named is not None:
        return named
    if not _NUMBER.fullmatch(text):
        raise CronError(f"failed to parse int from {text}")
    return int(text)
