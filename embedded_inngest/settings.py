"""The environment, read as the real server reads it: `INNGEST_` and the name of a flag stand for the flag."""

import os
from collections.abc import Mapping
from typing import Any

from embedded_inngest.errors import StartError
from embedded_inngest.flags import FLAGS, Flag


def variables(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Return the value of each flag that has a variable; all are read, those of the other command too.

    Raises:
        StartError: A variable has no legal value.
    """
    return {flag.name: _value(flag, environ[flag.variable]) for flag in FLAGS if flag.variable in environ}


def log_level(environ: Mapping[str, str] = os.environ) -> str | None:
    """Return what LOG_LEVEL says, which the real server heeds before any flag."""
    return environ.get("LOG_LEVEL") or None


def _value(flag: Flag, text: str) -> Any:
    try:
        return flag.kind.read(text)
    except ValueError:
        raise StartError(
            expected=f"{flag.variable} to be {flag.kind.words}.",
            seen=f"{text!r}.",
            then="correct it, or leave it out.",
        ) from None
