"""`--plan` tells what a run would do to a platform, and touches nothing."""

import re

from tests.external.conftest import Platforms
from tests.suite_run import RunSuite


def test_plan_touches_nothing(run_suite: RunSuite, platforms: Platforms) -> None:
    """The plan is there without a row, a report, or a connection to any part."""
    nowhere = "http://127.0.0.1:9"
    file = platforms.one.target(
        "planned", engine=nowhere, dispatcher=nowhere, kernel=nowhere, dsn="postgresql://me:p@127.0.0.1:9/nothing"
    )

    suite = run_suite("--plan", TARGET=str(file))

    assert suite.code() == 0, suite.output
    assert "plan for the target planned" in suite.output
    assert re.search(r"about \d+ webhooks", suite.output)
    assert not suite.artifacts.exists()
    suite.leaves_nothing()
    assert platforms.left() == []
