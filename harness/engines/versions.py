"""Versions of Inngest: what an engine tells of itself, and what follows from that."""

import re

from harness.errors import SetupError

VERSION = re.compile(r"^v?(\d+)\.(\d+)\.(\d+)\S*$", re.MULTILINE)
SIGNED_SINCE = 1
"""The first release with `inngest start` is 1.0.0."""


def find_version(output: str) -> str | None:
    """Return the version in what `inngest version` said; None when there is none."""
    found = VERSION.search(output.strip())
    return found[0] if found else None


def unsigned(version: str) -> str:
    """Return why a version can't be had in signed mode; empty when it can."""
    found = VERSION.match(version)
    if found and int(found[1]) >= SIGNED_SINCE:
        return ""
    return f"Inngest {version} has no signed mode: `inngest start` came with 1.0.0"


def is_embedded(version: str) -> bool:
    """Tell whether a version is that of the embedded engine, in whatever it is packed."""
    return version.endswith("-embedded")


def require_real_version(version: str, what: str) -> None:
    """Make sure that an engine is Inngest itself.

    Raises:
        SetupError: It is the embedded engine.
    """
    if is_embedded(version):
        raise SetupError(
            "Inngest itself to judge with, as REQUIRE_REAL=1 asks.",
            f"{what} is the embedded engine ({version}).",
            "name the real one in INNGEST_IMAGE or INNGEST_BIN, or leave REQUIRE_REAL out.",
        )
