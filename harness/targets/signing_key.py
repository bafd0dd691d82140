"""The signing key: what `inngest start` takes for one, said before it refuses to start."""

import re

from harness.errors import UsageError

EXAMPLE = "test-signing-key"
"""The key of the setup guide: public, and no hex."""


def require_signing_key(key: str, source: str) -> str:
    """Return a signing key that `inngest start` takes.

    Args:
        key: The key; it is never shown, unless it is the guide's example.
        source: Where it comes from, as a message names it: a setting, or a line and its variable.

    Raises:
        UsageError: It is not hex of an even number of digits.
    """
    fault = _fault(key)
    if fault is None:
        return key
    raise UsageError(
        "a signing key in hex of an even number of digits, as `openssl rand -hex 32` makes.",
        f"{source} {fault}.",
        "make a key so, and give the same one to Inngest and to the dispatcher.",
    )


def _fault(key: str) -> str | None:
    refused = "`inngest start` refuses to start with it"
    if key == EXAMPLE:
        return f"is not hex: {refused} (the setup guide's `{EXAMPLE}` is not)"
    if prefix := re.match(r"signkey-\w+-", key, re.ASCII):
        return (
            f"begins with `{prefix[0]}`: {refused}, since it counts the prefix as digits; only Inngest Cloud takes it"
        )
    if not re.fullmatch(r"[0-9a-fA-F]+", key):
        return f"is not hex: {refused}"
    return f"has an odd number of digits: {refused}" if len(key) % 2 else None
