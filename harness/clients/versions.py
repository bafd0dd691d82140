"""Versions of Inngest, and what follows from them: how they differ is known here and in the client, nowhere else."""

import re
from collections.abc import Mapping

VERSION = re.compile(r"^v?(\d+)\.(\d+)\.(\d+)\S*$", re.MULTILINE)

PATTERNS, SIGNED, ANY_PORT, PERSIST = "wildcard triggers", "signed mode", "runs shown on any port", "kept store"
SINCE = {PATTERNS: (1, 5), SIGNED: (1, 0), ANY_PORT: (1, 0), PERSIST: (1, 15)}
"""Capabilities by the release that brought them: `policy/*` as a trigger for `policy/bound`, `inngest start`, traces
that go to the server itself (v0.29.9 sends them to port 8288 whichever it listens on), and `inngest dev --persist`."""

USUAL_PORT = 8288

UNTOLD = "of an untold version"
"""What is said of a server that tells its version to nobody, as one in signed mode."""


def find_version(output: str) -> str | None:
    """Return the version in what `inngest version` said; None when there is none."""
    found = VERSION.search(output.strip())
    return found[0] if found else None


def has(capability: str, version: str) -> bool:
    """Tell whether a version has a capability; one that tells no version is in signed mode, and new.

    The embedded engine has no port of its own, whichever version it imitates.
    """
    if capability == ANY_PORT and is_embedded(version):
        return True
    numbers = re.match(r"v?(\d+)\.(\d+)", version)
    return numbers is None or (int(numbers[1]), int(numbers[2])) >= SINCE[capability]


def capabilities(version: str) -> Mapping[str, bool]:
    """Return what a version can do, by the names that reports give it."""
    return {capability: has(capability, version) for capability in SINCE}


def is_embedded(version: str) -> bool:
    """Tell whether a version is that of the embedded engine, in whatever it is packed."""
    return version.endswith("-embedded")
