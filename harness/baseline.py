"""The baseline: what a target is known to break, and may break until somebody mends it.

A file of TOML with a table for each requirement: `reason`, and `until`, the last day (UTC) on which it is accepted.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.contract import Contract
from harness.errors import UsageError
from harness.targets.document import Document, Entry, nearest

FORM = 'the form is [SIG-06], and below it reason = "…" and, if it shall end, until = 2027-01-31'
KEYS = ("reason", "until")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDefect:
    """A requirement that the target is known to break.

    Attributes:
        until: The last day on which that is accepted; None where no end is named.
        where: File and line that say so.
    """

    requirement: str
    reason: str
    until: dt.date | None
    where: str

    def __str__(self) -> str:
        return f"known defect: {self.reason}{f' (until {self.until})' if self.until else ''}"


def read_baseline(name: str, *, today: dt.date | None = None) -> dict[str, KnownDefect]:
    """Read a baseline; none at all, an empty name, has no defects.

    Args:
        name: Path of the file.
        today: The day it is; this one by default.

    Raises:
        UsageError: It can't be read, or something in it is not right; the text names every problem with its line.
    """
    if not name:
        return {}
    root = Document.read(Path(name).absolute(), shown=name, what="a baseline", example=FORM).root
    today = today or dt.datetime.now(tz=dt.UTC).date()
    entries = root.children()
    if problems := [problem for entry in entries for problem in _problems(entry, today)]:
        raise UsageError(
            "a baseline of requirements of docs/contract.md, each with a reason, none of them over.",
            "\n  ".join(problems),
            f"correct these lines; {FORM}.",
        )
    return {entry.key: _defect(entry) for entry in entries}


def _defect(entry: Entry) -> KnownDefect:
    values: Mapping[str, Any] = entry.value
    reason = " ".join(values["reason"].split())
    return KnownDefect(requirement=entry.key, reason=reason, until=values.get("until"), where=entry.where)


def _problems(entry: Entry, today: dt.date) -> Iterator[str]:
    ids = [*Contract.read()]
    if entry.key not in ids:
        yield f"{entry.where}: {entry.name} is no requirement{_hint(entry.key, ids)}."
        return
    if not isinstance(entry.value, Mapping):
        yield f"{entry.where}: {entry.name} is {entry.noun}, no table with a reason."
        return
    for key in entry.children():
        if key.key not in KEYS:
            yield f"{key.where}: {key.name} is no key of a baseline{_hint(key.key, KEYS)}."
    yield from _problems_of_reason(entry)
    yield from _problems_of_end(entry, today)


def _problems_of_reason(entry: Entry) -> Iterator[str]:
    reason = entry.find("reason")
    if reason is None:
        yield f"{entry.where}: {entry.name} has no reason."
    elif not isinstance(reason.value, str):
        yield f"{reason.where}: {reason.name} is {reason.noun}, no text."
    elif not reason.value.strip():
        yield f"{reason.where}: {reason.name} is empty."


def _problems_of_end(entry: Entry, today: dt.date) -> Iterator[str]:
    until = entry.find("until")
    if until is None:
        return
    if isinstance(until.value, dt.datetime) or not isinstance(until.value, dt.date):
        noun = "a date with a time" if isinstance(until.value, dt.datetime) else until.noun
        yield f"{until.where}: {until.name} is {noun}, no date: write it as 2027-01-31, without quotes."
    elif until.value < today:
        yield f"{until.where}: {entry.name} has expired: it was accepted until {until.value}, and today is {today}."


def _hint(word: str, legal: Iterable[str]) -> str:
    near = nearest(word, legal).strip()
    return f" ({near})" if near else ""
