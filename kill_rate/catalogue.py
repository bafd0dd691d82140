"""The dispatchers to judge, as their catalogue lists them.

It is started as a program: the judge imports nothing of the judged.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from harness.errors import SetupError, UsageError
from harness.services import ROOT
from harness.targets.document import nearest

TO_LIST = 60.0
"""Seconds that the catalogue may take to list itself; it takes one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Specimen:
    """One dispatcher.

    Attributes:
        name: What it is started by.
        text: What it does, in one sentence.
        part: What it stands for: `dispatcher`, `kernel` or `embedded`, the engine of that name.
        must_break: Ids of the requirements that it breaks; none if it is correct.
        hop: The hop at which it breaks them.
        stays_green: Ids of requirements that it does not break.
        unmet: SHOULDs that a correct one does without.
        target: The target file that describes it; empty if the usual one does.
    """

    name: str
    text: str
    part: str = "dispatcher"
    must_break: tuple[str, ...] = ()
    hop: str = ""
    stays_green: tuple[str, ...] = ()
    unmet: tuple[str, ...] = ()
    target: str = ""

    @property
    def is_fault(self) -> bool:
        return bool(self.must_break)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Broken dispatchers, and correct ones that are built another way."""

    faults: Sequence[Specimen]
    variants: Sequence[Specimen]

    @property
    def specimens(self) -> list[Specimen]:
        return [*self.variants, *self.faults]

    def chosen(self, patterns: Sequence[str]) -> "Catalogue":
        """Return the part of it that the patterns name; all of it without any.

        Raises:
            UsageError: A pattern names nothing.
        """
        names = [specimen.name for specimen in self.specimens]
        for pattern in patterns:
            if not any(fnmatchcase(name, pattern) for name in names):
                raise UsageError(
                    "FAULT to name dispatchers of the catalogue, or globs of their names.",
                    f"{pattern!r} is none of {len(names)}.",
                    f"{nearest(pattern, names)}see them all: python -m faults --list",
                )

        def picked(specimens: Sequence[Specimen]) -> list[Specimen]:
            return [each for each in specimens if any(fnmatchcase(each.name, pattern) for pattern in patterns)]

        return Catalogue(faults=picked(self.faults), variants=picked(self.variants)) if patterns else self


def read_catalogue(module: str) -> Catalogue:
    """Have the catalogue list itself.

    Raises:
        SetupError: It does not.
    """
    command = [sys.executable, "-m", module, "--list"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=TO_LIST, check=False)
    if told.returncode:
        last = " ".join(told.stderr.split()[-30:])
        raise SetupError(
            f"`python -m {module} --list` to list the dispatchers.", f"code {told.returncode}: {last}", "mend it."
        )
    listed = json.loads(told.stdout)
    return Catalogue(faults=_specimens(listed["faults"]), variants=_specimens(listed["variants"]))


def _specimens(entries: Sequence[Mapping[str, Any]]) -> list[Specimen]:
    return sorted((_specimen(entry) for entry in entries), key=lambda each: each.name)


def _specimen(entry: Mapping[str, Any]) -> Specimen:
    lists = {key: tuple(entry[key]) for key in ("must_break", "stays_green", "unmet")}
    return Specimen(**{**entry, **lists})
