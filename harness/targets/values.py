"""What a value of a target's file may be: each reader returns it as the suite uses it, or refuses it with its line.

A value is shown in a refusal only where it can't hold a password.
"""

import dataclasses
import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from harness.errors import UsageError
from harness.targets.document import Entry, nearest

_HOST_NAME = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*"
)
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_LAST_PORT = 65535
_LONGEST = 86_400
"""A day: a longer time, or a larger factor, is a slip of the keyboard."""

_LONGEST_SHOWN = 80


def text(entry: Entry) -> str:
    """Read a text of one line that is not empty."""
    if not isinstance(entry.value, str):
        raise entry.refusal(f"{entry.name} to be a text.", next_step="write it in quotes.")
    if not entry.value.strip() or not entry.value.isprintable():
        raise entry.refusal(
            f"{entry.name} to be a text of one line.",
            f"{entry.name} is empty, or has a line break or another control character",
            next_step="write at least one character, all of them visible.",
        )
    return entry.value


def any_text(entry: Entry) -> str:
    """Read a text that may be empty, such as a prefix that is none."""
    return text(entry) if entry.value != "" else ""


def reason(entry: Entry) -> str:
    """Read why something is left out."""
    if not isinstance(entry.value, str) or not entry.value.strip():
        raise entry.refusal(
            f"{entry.name} to be a reason, for those who read the report.",
            f"{entry.name} is {entry.noun if entry.value != '' else 'empty'}",
            next_step="say in some words why, in quotes; what is there has no line at all.",
        )
    return text(entry)


def word(entry: Entry) -> str:
    """Read a text without spaces."""
    return _matching(entry, r"\S+", "a name without spaces", "write it without spaces.")


def one_of(*legal: str) -> Callable[[Entry], str]:
    """Return a reader of one of the legal words."""

    def read(entry: Entry) -> str:
        value = text(entry)
        if value not in legal:
            raise _refusal(entry, f"one of: {', '.join(legal)}", f"{nearest(value, legal)}choose one of them.")
        return value

    return read


def texts(entry: Entry) -> tuple[str, ...]:
    """Read a command: a list of texts, at least one."""
    advice = 'write one text for each word: ["node", "server.mjs"].'
    if not isinstance(entry.value, list):
        raise entry.refusal(f"{entry.name} to be a list of texts.", next_step=advice)
    if not entry.value or not all(isinstance(item, str) and item for item in entry.value):
        raise entry.refusal(
            f"{entry.name} to be a list of texts.", f"{entry.name} is empty or has an item that isn't", next_step=advice
        )
    return tuple(entry.value)


def paths(entry: Entry) -> tuple[Path, ...]:
    """Read paths, at least one; whether something is there is another question."""
    return tuple(path(dataclasses.replace(entry, value=each)) for each in texts(entry))


def variables(entry: Entry) -> Mapping[str, str]:
    """Read what a process is told in its environment."""
    for child in entry.children():
        if not isinstance(child.value, str) or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", child.key):
            raise child.refusal(
                f"{entry.name} to be variables with texts.",
                next_step='write variables as the process is to see them: { LOG_LEVEL = "debug", RETRIES = "3" }.',
            )
    return dict(entry.value)


def variable_name(entry: Entry) -> str:
    """Read the name of an environment variable; what is none may be the secret itself, so it is not shown."""
    value = text(entry)
    if not re.fullmatch(r"[A-Z_][A-Z0-9_]*", value):
        raise entry.refusal(
            f"{entry.name} to be the name of an environment variable, in capitals.",
            f"{entry.name} is not one",
            next_step='write the name, such as "BEEMA_DB_PASSWORD", never the secret itself.',
        )
    return value


def path(entry: Entry) -> Path:
    """Read a path, relative to the folder of the file; whether something is there is another question."""
    return (entry.document.path.parent / text(entry)).resolve()


def file(entry: Entry) -> Path:
    """Read the path of a file that exists."""
    return _existing(entry, Path.is_file, "a file")


def directory(entry: Entry) -> Path:
    """Read the path of a folder that exists."""
    return _existing(entry, Path.is_dir, "a folder")


def url(entry: Entry) -> str:
    """Read the address of an HTTP server, without the slash at its end."""
    value = text(entry)
    parts = _split(value)
    if parts is None or re.search(r"[\s?#\\]", value) or parts.scheme not in {"http", "https"}:
        raise _refusal_of_url(entry)
    if "@" in parts.netloc:
        raise entry.refusal(
            f"{entry.name} to be an address without credentials.",
            f"{entry.name} has some",
            next_step="leave them out: secrets come from the environment.",
        )
    if not _is_host(parts.hostname or "") or parts.port == 0:
        raise _refusal_of_url(entry)
    return value.rstrip("/")


def url_path(entry: Entry) -> str:
    """Read the path of a URL."""
    return _matching(entry, r"/[^\s#]*", "the path of an address", 'begin with a slash: "/api/inngest".')


def host(entry: Entry) -> str:
    """Read the name or the IP address of a machine."""
    if not _is_host(text(entry)):
        raise _refusal(entry, "the name of a host or an IP address", "leave out the scheme, the port and the path.")
    return str(entry.value)


def port(entry: Entry) -> int:
    """Read a TCP port; 0 takes a free one."""
    if type(entry.value) is not int or not 0 <= entry.value <= _LAST_PORT:
        raise _refusal_of_number(entry, f"a port from 0 to {_LAST_PORT}")
    return int(entry.value)


def positive(entry: Entry) -> float:
    """Read a number above 0."""
    if type(entry.value) not in {int, float} or not 0 < entry.value <= _LONGEST:
        raise _refusal_of_number(entry, f"a number above 0, up to {_LONGEST}")
    return float(entry.value)


def header(entry: Entry) -> str:
    """Read the name of an HTTP header."""
    legal = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
    return _matching(entry, legal, "the name of an HTTP header", "write it without colon and spaces.")


def table_name(entry: Entry) -> str:
    """Read the name of a database table, with or without its schema."""
    parts = text(entry).split(".")
    if len(parts) > 2 or not all(map(_IDENTIFIER.fullmatch, parts)):  # noqa: PLR2004 - schema and table
        raise _refusal(entry, "the name of a table", 'write it plainly: "webhooks" or "studio.webhooks".')
    return str(entry.value)


def columns(legal: Sequence[str], *, optional: Sequence[str] = ()) -> Callable[[Entry], Mapping[str, str | None]]:
    """Return a reader of a table's column names by the contract's; `false` says that an optional one isn't there."""

    def read_one(child: Entry) -> str | None:
        if child.key not in legal:
            raise child.refusal(
                f"columns of the contract: {', '.join(legal)}.",
                f"{child.name} is none of them",
                next_step=f"{nearest(child.key, legal)}the contract's name stands left, yours right.",
            )
        if child.value is not False:
            return _column(child)
        if child.key not in optional:
            raise child.refusal(
                f"the column {child.key}, whatever its name.",
                f"{child.name} = false, but without it nothing can be judged",
                next_step=f"name the column; those that may be missing are: {', '.join(optional) or 'none'}.",
            )
        return None

    def read(entry: Entry) -> Mapping[str, str | None]:
        names = {child.key: read_one(child) for child in entry.children()}
        _require_different(entry, {column: names.get(column, column) for column in legal})
        return names

    return read


def _column(entry: Entry) -> str:
    if not isinstance(entry.value, str) or not _IDENTIFIER.fullmatch(entry.value):
        raise entry.refusal(
            f"{entry.name} to be the name of a column, or false.",
            next_step='write it plainly, as the database has it: "id".',
        )
    return entry.value


def _require_different(entry: Entry, names: Mapping[str, str | None]) -> None:
    owners: dict[str, str] = {}
    for column, name in names.items():
        if name is not None and owners.setdefault(name, column) != column:
            raise entry.refusal(
                "a column of its own for each of the contract's.",
                f"both {owners[name]} and {column} are called {name!r}",
                next_step="correct one of the two; those that are not named have the contract's name.",
            )


def _matching(entry: Entry, pattern: str, what: str, next_step: str) -> str:
    value = text(entry)
    if not re.fullmatch(pattern, value):
        raise _refusal(entry, what, next_step)
    return value


def _existing(entry: Entry, exists: Callable[[Path], bool], what: str) -> Path:
    found = path(entry)
    if not exists(found):
        raise _refusal(
            entry, f"{what} that exists", "correct the path; it starts from the folder of the target's file."
        )
    return found


def _split(value: str) -> SplitResult | None:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _is_host(value: str) -> bool:
    return bool(_HOST_NAME.fullmatch(value)) or _is_ip(value)


def _is_ip(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def _refusal_of_url(entry: Entry) -> UsageError:
    raise _refusal(entry, "an http or https address with a host and no query", 'write it like "http://127.0.0.1:3000".')


def _refusal_of_number(entry: Entry, what: str) -> UsageError:
    """Return the refusal of a number, or of what should be one; one of ten thousand digits can't even be shown."""
    is_short = entry.noun == "a number" and (entry.value != entry.value or abs(entry.value) < 10**9)
    seen = f"{entry.name} = {entry.value}" if is_short else f"{entry.name} is {entry.noun}"
    raise entry.refusal(f"{entry.name} to be {what}.", seen, next_step="write such a number, without quotes.")


def _refusal(entry: Entry, what: str, next_step: str) -> UsageError:
    """Return the refusal of a text; a long one is not shown, nor one with an @, which may hold a password."""
    is_shown = "@" not in entry.value and len(entry.value) <= _LONGEST_SHOWN
    seen = f"{entry.name} = {entry.value!r}" if is_shown else f"{entry.name} is another text"
    raise entry.refusal(f"{entry.name} to be {what}.", seen, next_step=next_step)
