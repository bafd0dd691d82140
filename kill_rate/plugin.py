"""What pytest is given to judge a fault: `-p kill_rate.plugin --must-break RET-02 --stays-green RET-01`.

It selects nothing itself: that is what ONLY is for.
"""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the two lists of ids."""
    group = parser.getgroup("kill rate")
    for flag in ("--must-break", "--stays-green"):
        group.addoption(
            flag, type=lambda text: [*filter(None, text.split(","))], default=[], help="ids of requirements"
        )


def pytest_configure(config: pytest.Config) -> None:
    """Load the rest now: it needs the plugins of the suite, which are to be loaded by pytest."""
    config.pluginmanager.import_plugin("kill_rate.shortcut")
