"""The plugins of the suite, in the order in which values flow through them."""

import gc

import pytest

gc.disable()  # what is imported is no garbage, and looking for some takes a quarter of the time to the first test

pytest_plugins = [
    "fixtures.settings",
    "fixtures.redaction",
    "fixtures.stages",
    "fixtures.gate",
    "fixtures.plan",
    "fixtures.stack",
    "fixtures.journeys",
    "fixtures.platforms",
    "fixtures.signed",
    "fixtures.guarded",
    "fixtures.load",
]


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """Collect garbage from now on, and leave alone what was imported."""
    gc.freeze()
    gc.enable()
