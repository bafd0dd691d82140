"""The plugins of the suite, in the order in which values flow through them."""

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
