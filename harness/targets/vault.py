"""Secrets of a target: named in its file, kept in the environment or in a file of variables."""

import re
from collections.abc import Mapping
from pathlib import Path

from harness.errors import UsageError
from harness.targets.document import Entry

PUBLIC = "local"
"""The event key that every development server takes; hidden, it would take `localhost` out of every report."""

_VARIABLE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")
_QUOTED = re.compile(r"""(?P<quote>["'])(?P<value>.*)(?P=quote)\s*(?:#.*)?""")


class Vault:
    """Looks variables up, and keeps what it found, because it must not be shown anywhere.

    Args:
        environment: The variables of this process; they win.
        file: A file of variables, if the target names one; it need not be there as long as nothing is missing.
    """

    def __init__(self, environment: Mapping[str, str], file: Path | None) -> None:
        self._environment = environment
        self._file = file
        self.secrets: dict[str, str] = {}

    def open(self, entry: Entry) -> str:
        """Return the value of the variable that an entry names.

        Raises:
            UsageError: It is not set.
        """
        name = str(entry.value)
        value = self._environment.get(name) or self._from_file().get(name, "")
        if not value:
            raise self._refusal(entry)
        self.keep(name, value)
        return value

    def keep(self, name: str, value: str) -> None:
        """Keep a secret out of sight, under a name that may be shown."""
        if value != PUBLIC:
            self.secrets[name] = value

    def _from_file(self) -> Mapping[str, str]:
        return read_variables(self._file) if self._file is not None and self._file.is_file() else {}

    def _refusal(self, entry: Entry) -> UsageError:
        if self._file is None:
            place = ""
        else:
            place = f", neither in the environment nor in {self._file.name}"
            place += "" if self._file.is_file() else " (there is no such file)"
        return entry.refusal(
            f"the variable {entry.value} to be set.",
            f"{entry.name} names {entry.value}, which is not set{place}",
            next_step=f"set {entry.value} in the environment, or in a file that environment_file names.",
        )


def read_variables(file: Path) -> dict[str, str]:
    """Read lines of `KEY=VALUE`, as Compose does: with comments, `export` and quotes; without `$` expansion.

    Raises:
        UsageError: A line is none; it may hold a secret, so only its number is shown.
    """
    variables = {}
    for number, line in enumerate(_lines(file), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _VARIABLE.fullmatch(line.strip())
        if match is None:
            raise UsageError(
                "lines of KEY=VALUE.", f"{file.name}, line {number} is none.", "write it so, or begin it with #."
            )
        variables[match[1]] = _value(match[2])
    return variables


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise UsageError("a file of variables.", f"{file.name}: {reason}.", "correct environment_file.") from None


def _value(text: str) -> str:
    quoted = _QUOTED.fullmatch(text)
    return quoted["value"] if quoted else re.sub(r"(^|\s+)#.*", "", text).rstrip()
