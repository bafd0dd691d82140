"""Where the keys of a TOML file are: `tomllib` reads values and forgets their lines, which messages need."""

import re
import tomllib
from collections.abc import Callable, Iterator

KeyPath = tuple[str, ...]

_TOKEN = re.compile(
    r'''
    (?P<comment> \#[^\n]* )
  | """ (?: \\. | (?!""")[^\\] )* "{3,5}
  | \'\'\' (?: (?!\'\'\'). )* '{3,5}
  | " (?: \\. | [^"\\] )* "
  | ' [^']* '
  | [\[\]{},=.\n]
  | [^\s\[\]{},=."'\#]+
    ''',
    re.VERBOSE | re.DOTALL,
)
_ENDS_OF_VALUE = {",", "]", "}", "\n", ""}


def places(text: str) -> dict[KeyPath, int]:
    """Return the line on which each key, and each table, is named first.

    Args:
        text: A file that `tomllib` has accepted; of any other the result means nothing.
    """
    return _Locator(text).places


class _Locator:
    def __init__(self, text: str) -> None:
        self.places: dict[KeyPath, int] = {}
        self._tokens = [*_tokens(text), ("", 0)]
        self._next = 0
        self._table: KeyPath = ()
        while self._peek():
            self._statement()

    def _peek(self) -> str:
        return self._tokens[self._next][0]

    def _take(self) -> str:
        self._next += 1
        return self._tokens[self._next - 1][0]

    def _statement(self) -> None:
        if self._peek() == "\n":
            self._take()
        elif self._peek() == "[":
            self._table = self._header()
        else:
            self._pair(self._table)

    def _header(self) -> KeyPath:
        self._skip("[")
        table = self._key(())
        self._skip("]")
        return table

    def _pair(self, table: KeyPath) -> None:
        key = self._key(table)
        self._take()
        self._value(key)

    def _key(self, table: KeyPath) -> KeyPath:
        """Read a key, dotted or not, up to the mark that ends it; each of its parts is a table or the key itself."""
        while self._peek() not in {"=", "]"}:
            if self._peek() == ".":
                self._take()
            line = self._tokens[self._next][1]
            table = (*table, _unquoted(self._take()))
            self.places.setdefault(table, line)
        return table

    def _value(self, key: KeyPath) -> None:
        match self._take():
            case "{":
                self._until("}", lambda: self._pair(key))
            case "[":
                self._until("]", lambda: self._value(key))
            case _:
                while self._peek() not in _ENDS_OF_VALUE:
                    self._take()

    def _until(self, end: str, item: Callable[[], None]) -> None:
        self._skip(",", "\n")
        while self._peek() != end:
            item()
            self._skip(",", "\n")
        self._take()

    def _skip(self, *marks: str) -> None:
        while self._peek() in marks:
            self._take()


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    line = 1
    for match in _TOKEN.finditer(text):
        if match["comment"] is None:
            yield match[0], line
        line += match[0].count("\n")


def _unquoted(key: str) -> str:
    return next(iter(tomllib.loads(f"{key} = 0")))
