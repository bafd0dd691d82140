"""The plugins of the suite, in the order in which values flow through them."""

import pytest

pytest.register_assert_rewrite("harness.records", "harness.ledger")

pytest_plugins = [
    "fixtures.settings",
    "fixtures.stages",
    "fixtures.gate",
    "fixtures.stack",
    "fixtures.journeys",
]
