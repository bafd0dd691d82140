"""The file of a target as entries that know their line, so that each refusal can point at it."""

import datetime as dt
import difflib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.targets.places import KeyPath, places

_KINDS_OF_VALUE: tuple[tuple[type, str], ...] = (
    (bool, "true or false"),
    (str, "a text"),
    (int, "a number"),
    (float, "a number"),
    (list, "a list"),
    (dict, "a table"),
    (dt.date, "a date"),
    (dt.time, "a time"),
)
"""What people call the values of TOML; a bool is an int to Python, so it comes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file that was read.

    Attributes:
        path: Where it is.
        shown: What messages call it.
        data: What is in it.
        lines: The line of each key.
    """

    path: Path
    shown: str
    data: Mapping[str, Any] = field(repr=False)
    lines: Mapping[KeyPath, int] = field(repr=False)

    @classmethod
    def read(
        cls, path: Path, *, shown: str, what: str = "the file of a target", example: str = "targets/ has examples"
    ) -> "Document":
        """Read a file.

        Args:
            path: Where it is.
            shown: What messages call it.
            what: What it should be.
            example: Where its form is shown.

        Raises:
            UsageError: It can't be read, or is no TOML.
        """
        text = _text_of(path, shown=shown, what=what, example=example)
        try:
            return cls(path=path, shown=shown, data=tomllib.loads(text), lines=places(text))
        except (ValueError, RecursionError) as error:
            reason = _place_and_reason(str(error), text)
            raise UsageError(
                f"{what} in TOML.",
                f"{shown}{reason}.",
                f"correct it: texts stand in quotes, numbers, true and false do not; {example}.",
            ) from None

    @property
    def root(self) -> "Entry":
        return Entry(document=self, path=(), value=self.data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A value of the file, and where it is."""

    document: Document
    path: KeyPath
    value: Any = field(repr=False)

    @property
    def key(self) -> str:
        return self.path[-1]

    @property
    def name(self) -> str:
        """Return the key as one would write it in the file: `dispatcher.url`."""
        return dotted(self.path)

    @property
    def where(self) -> str:
        """Return the file and the line."""
        return f"{self.document.shown}, line {self.document.lines.get(self.path, 1)}"

    @property
    def noun(self) -> str:
        """Return what sort of value it is; unlike the value itself, that is never a secret."""
        return next((noun for kind, noun in _KINDS_OF_VALUE if isinstance(self.value, kind)), "something else")

    def children(self) -> list["Entry"]:
        """Return what is in the table.

        Raises:
            UsageError: It is no table.
        """
        if not isinstance(self.value, Mapping):
            raise self.refusal(f"{self.name} to be a table.", next_step=f"write its keys below a line [{self.name}].")
        return [self._child(key) for key in self.value]

    def find(self, *keys: str) -> "Entry | None":
        """Return what is at the end of `keys`, each inside the one before; None when it isn't there."""
        entry = self
        for key in keys:
            if not isinstance(entry.value, Mapping) or key not in entry.value:
                return None
            entry = entry._child(key)
        return entry

    def refusal(self, expected: str, seen: str = "", *, next_step: str) -> UsageError:
        """Return the refusal of the file for this entry; without `seen`, for the sort of its value."""
        seen = seen or f"{self.name} is {self.noun}"
        return UsageError(expected, f"{self.where}: {seen}.", next_step)

    def _child(self, key: str) -> "Entry":
        return Entry(document=self.document, path=(*self.path, key), value=self.value[key])


def dotted(path: KeyPath) -> str:
    """Return a path as TOML writes it, with quotes where they are needed."""
    bare = re.compile(r"[A-Za-z0-9_-]+")
    return ".".join(key if bare.fullmatch(key) else json.dumps(key) for key in path)


def nearest(word: str, legal: Iterable[str]) -> str:
    """Return the advice to take the legal word that is most like `word`; empty when none is."""
    near = difflib.get_close_matches(word, list(legal), n=1)
    return f"did you mean {near[0]!r}? " if near else ""


def _text_of(path: Path, *, shown: str, what: str, example: str) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        seen = f"{shown}: byte {error.start} is not UTF-8."
    except (OSError, ValueError) as error:
        seen = f"{shown}: {getattr(error, 'strerror', None) or error}."
    raise UsageError(f"{what}, in TOML and UTF-8.", seen, f"correct the path or the file; {example}.")


def _place_and_reason(reason: str, text: str) -> str:
    """Return line and reason of what `tomllib` did not accept, which names a line in its own words."""
    found = re.search(r" \((?:at line (\d+), column \d+|at end of document)\)", reason)
    line = "" if not found else f", line {found[1] or text.count(chr(10)) + 1}"
    return f"{line}: {reason[: found.start()] if found else reason}"
