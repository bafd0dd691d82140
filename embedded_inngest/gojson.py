"""The words in which Go's JSON decoder refuses a text, since the event API passes them on to the sender."""

import re

_SPACE = re.compile(rb"[ \t\r\n]*")
_DIGITS = re.compile(rb"[0-9]*")
_PLAIN = re.compile(rb'[^"\\\x00-\x1f]*')
_HEX = re.compile(rb"[0-9a-fA-F]{0,4}")
_LITERALS = {b"t": b"true", b"f": b"false", b"n": b"null"}
_TOO_DEEP = "exceeded max depth"
_CUT_OFF = "unexpected end of JSON input"
_NAMES = {b"'": r"'\''", b'"': "'\"'", b"\n": r"'\n'", b"\t": r"'\t'", b"\r": r"'\r'", b"\\": r"'\\'"}


class JSONSyntaxError(Exception):
    """The first thing that is wrong with a text; the message is Go's."""


def complaint(raw: bytes) -> str:
    """Say what Go would say of a text that is not JSON."""
    scanner = _Scanner(raw)
    try:
        scanner.value()
        scanner.end()
    except JSONSyntaxError as error:
        return str(error)
    except RecursionError:
        return _TOO_DEEP
    return "invalid JSON"


def reader_complaint(raw: bytes) -> str:
    """Say what Go would say of a body that is not JSON, where it reads it as it comes."""
    if not raw.strip():
        return "EOF"
    said = complaint(raw)
    return "unexpected EOF" if said == _CUT_OFF else said


def value_end(raw: bytes, start: int) -> int:
    """Find where the value that starts at `start` ends.

    Raises:
        JSONSyntaxError: no whole value starts there.
    """
    scanner = _Scanner(raw, start)
    try:
        scanner.value()
    except RecursionError:
        raise JSONSyntaxError(_TOO_DEEP) from None
    return scanner.at


def skip_space(raw: bytes, start: int) -> int:
    """Find the first character from `start` that is not space."""
    found = _SPACE.match(raw, start)
    return found.end() if found else start


class _Scanner:
    """Walks over a text until it ends or breaks a rule."""

    def __init__(self, raw: bytes, start: int = 0) -> None:
        self._raw = raw
        self.at = start

    def value(self) -> None:
        char = self._peek()
        if char == b"{":
            self._object()
        elif char == b"[":
            self._array()
        elif char == b'"':
            self._string()
        elif char == b"-" or char.isdigit():
            self._number()
        else:
            self._literal(char)

    def end(self) -> None:
        self.at = skip_space(self._raw, self.at)
        if self.at < len(self._raw):
            raise self._unexpected("after top-level value")

    def _object(self) -> None:
        self.at += 1
        if self._took(b"}"):
            return
        while True:
            if self._peek() != b'"':
                raise self._unexpected("looking for beginning of object key string")
            self._string()
            self._must_take(b":", "after object key")
            self.value()
            if self._took(b"}"):
                return
            self._must_take(b",", "after object key:value pair")

    def _array(self) -> None:
        self.at += 1
        if self._took(b"]"):
            return
        while True:
            self.value()
            if self._took(b"]"):
                return
            self._must_take(b",", "after array element")

    def _string(self) -> None:
        self.at += 1
        while True:
            self._match(_PLAIN)
            char = self._here()
            if char == b"\\":
                self._escape()
                continue
            if char != b'"':
                raise self._unexpected("in string literal")
            self.at += 1
            return

    def _escape(self) -> None:
        self.at += 1
        if self._here() != b"u":
            if self._here() not in b'"\\/bfnrt':
                raise self._unexpected("in string escape code")
            self.at += 1
            return
        self.at += 1
        if self._match(_HEX) < len("ffff"):
            raise self._unexpected("in \\u hexadecimal character escape")

    def _number(self) -> None:
        if self._raw[self.at : self.at + 1] == b"-":
            self.at += 1
            self._need_digit("in numeric literal")
        if self._raw[self.at : self.at + 1] == b"0":
            self.at += 1
        else:
            self._match(_DIGITS)
        if self._raw[self.at : self.at + 1] == b".":
            self.at += 1
            self._need_digit("after decimal point in numeric literal")
            self._match(_DIGITS)
        if self._raw[self.at : self.at + 1] in {b"e", b"E"}:
            self._exponent()

    def _exponent(self) -> None:
        self.at += 1
        if self._raw[self.at : self.at + 1] in {b"+", b"-"}:
            self.at += 1
        self._need_digit("in exponent of numeric literal")
        self._match(_DIGITS)

    def _literal(self, char: bytes) -> None:
        word = _LITERALS.get(char)
        if word is None:
            raise self._unexpected("looking for beginning of value")
        for letter in (word[n : n + 1] for n in range(len(word))):
            if self._here() != letter:
                raise self._unexpected(f"in literal {word.decode()} (expecting '{letter.decode()}')")
            self.at += 1

    def _need_digit(self, where: str) -> None:
        if not self._here().isdigit():
            raise self._unexpected(where)

    def _took(self, char: bytes) -> bool:
        taken = self._peek() == char
        self.at += taken
        return taken

    def _must_take(self, char: bytes, where: str) -> None:
        if not self._took(char):
            raise self._unexpected(where)

    def _match(self, pattern: re.Pattern[bytes]) -> int:
        found = pattern.match(self._raw, self.at)
        length = len(found.group()) if found else 0
        self.at += length
        return length

    def _peek(self) -> bytes:
        self.at = skip_space(self._raw, self.at)
        return self._here()

    def _here(self) -> bytes:
        char = self._raw[self.at : self.at + 1]
        if not char:
            raise JSONSyntaxError(_CUT_OFF)
        return char

    def _unexpected(self, where: str) -> JSONSyntaxError:
        char = self._here()
        name = _NAMES.get(char) or f"'{char.decode('latin-1')}'"
        return JSONSyntaxError(f"invalid character {name} {where}")
