"""Where the browser is that the tests of this folder drive."""

import os
import shutil
from collections.abc import Mapping

from harness.errors import UsageError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""What Chromium is called on the PATH, by whoever packages it."""


def chromium(environ: Mapping[str, str] = os.environ) -> str:
    """Return the path of Chromium: the one in CHROMIUM, else the first on the PATH.

    Raises:
        UsageError: There is none.
    """
    asked = environ.get("CHROMIUM")
    wanted = (asked,) if asked else NAMES
    for name in wanted:
        found = shutil.which(name, path=environ.get("PATH"))
        if found:
            return found
    raise UsageError(
        f"an executable {asked}, as CHROMIUM says." if asked else "Chromium or Chrome on the PATH.",
        f"none of {', '.join(wanted)}.",
        "apt-get install chromium, or set CHROMIUM to the path of one.",
    )
