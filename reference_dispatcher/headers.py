"""Which headers a request carries: ours always, the webhook's wherever they do no harm."""

import re
from collections.abc import Mapping
from typing import Any

from reference_dispatcher.values import RefusedError

RESERVED = frozenset(
    {
        "connection",
        "content-length",
        "content-type",
        "host",
        "transfer-encoding",
        "x-beema-delivery",
        "x-beema-event",
        "x-beema-signature",
    }
)
RESERVED_PREFIX = "webhook-"

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")


def merge(configured: Any, own: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the headers of a request: the webhook's, then ours, which no spelling can replace.

    Args:
        configured: The `headers` of the webhook as they stand in the database; null means none.
        own: What we send; a webhook may replace only what is not reserved.

    Raises:
        RefusedError: A configured header cannot be sent; the text names it and never shows its value.
    """
    theirs = tuple(pair for pair in check(configured) if not reserved(pair[0]))
    replaced = {name.lower() for name, _ in theirs}
    return theirs + tuple(pair for pair in own.items() if pair[0].lower() not in replaced)


def check(configured: Any) -> tuple[tuple[str, str], ...]:
    """Return the configured headers, each fit for the wire.

    Raises:
        RefusedError: They are not an object of header names and text values.
    """
    if configured is None:
        return ()
    if not isinstance(configured, dict):
        raise RefusedError("the configured headers are not an object of names and texts")
    return tuple(_checked(name, value) for name, value in configured.items())


def reserved(name: str) -> bool:
    """Say whether a header is ours alone."""
    return name.lower() in RESERVED or name.lower().startswith(RESERVED_PREFIX)


def _checked(name: str, value: Any) -> tuple[str, str]:
    if not _NAME.fullmatch(name):
        raise RefusedError(f"the configured header {name[:100]!r} has no legal name")
    if not isinstance(value, str) or not _VALUE.fullmatch(value):
        raise RefusedError(f"the configured header {name[:100]!r} is not one line of latin-1 text")
    return name, value.strip(" \t")
