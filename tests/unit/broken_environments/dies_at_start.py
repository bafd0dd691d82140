"""A dispatcher that dies at start, saying why."""

import sys

print("connecting to the flux capacitor")  # noqa: T201 - its log
sys.exit("fatal: no flux capacitor")
