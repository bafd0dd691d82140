"""Redaction: nothing that leaves the suite shows a secret, however it is spelled there."""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

SHORTEST = 4
"""Letters of a secret from which on it is hidden; a shorter one would take half of every report with it."""

CERTAIN = 8
"""Letters from which on a piece of base64 can only come of one secret."""


class Redactor:
    """Puts `[NAME]` where a secret stands.

    Args:
        secrets: What must not be shown, by names that may be.
    """

    def __init__(self, secrets: Mapping[str, str] | None = None) -> None:
        self._names: dict[str, str] = {}
        self.keep(secrets or {})

    def keep(self, secrets: Mapping[str, str]) -> None:
        """Hide these secrets too from now on; one that is known already keeps its name."""
        for name, secret in secrets.items():
            for spelling in spellings_of(secret):
                self._names.setdefault(spelling, name)
        longest_first = sorted(self._names, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def text(self, text: str) -> str:
        """Return a text without the secrets."""
        return self._pattern.sub(lambda found: f"[{self._names[found[0]]}]", text)

    def everything(self, value: Any) -> Any:
        """Return a JSON value without the secrets, be they in keys or in values."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.everything(key): self.everything(each) for key, each in value.items()}
        return [self.everything(each) for each in value] if isinstance(value, list | tuple) else value


def spellings_of(secret: str) -> set[str]:
    """Return the forms in which a secret turns up: bare, in URLs, in DSNs, quoted by Python and JSON, in base64."""
    if len(secret) < SHORTEST:
        return set()
    in_urls = {quote(secret), quote(secret, safe=""), quote_plus(secret)}
    lower = {re.sub("%..", lambda escape: escape[0].lower(), each) for each in in_urls}
    in_dsns = secret.replace("\\", "\\\\").replace("'", "\\'")
    quoted = {repr(secret)[1:-1], json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    return {secret, in_dsns, *in_urls, *lower, *quoted, *_in_base64(secret.encode())}


def _in_base64(secret: bytes) -> Iterator[str]:
    """Yield a secret in base64 by itself, and what is sure of it among other bytes, at each of the three offsets."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(secret).decode()
        for offset in range(3):
            first, last = -(-offset * 8 // 6), (offset + len(secret)) * 8 // 6
            if last - first >= CERTAIN:
                yield encode(bytes(offset) + secret).decode()[first:last]
