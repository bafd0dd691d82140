"""A platform that runs by itself gets the verdicts that it gets when the suite starts it, and is left as it was."""

import json
import signal
from typing import Any

import pytest

from harness.contract import Contract
from harness.report.plan import DELIVERIES, EVENTS, WEBHOOKS
from tests.external.conftest import Platforms
from tests.suite_run import RunSuite, Suite

RUN_WITHIN = 240.0
OUT_OF_REACH = {
    "REG-05": "not applicable",  # its Inngest runs in dev mode
    "RET-11": "unverified",  # nobody sees the memory of its dispatcher
    "ISO-05": "unverified",  # its Inngest keeps no store
    "SEC-01": "not applicable",
    "SEC-02": "unverified",  # it delivers to this machine, so its guard is off
    "SEC-03": "unverified",  # it does not trust the authority of the run
    "SEC-05": "not applicable",
    "SEC-06": "unverified",  # nobody names its Compose files
    "OPS-03": "unverified",  # nobody says how to empty its Inngest
    "OPS-06": "not applicable",
}
"""What cannot be judged of a platform that somebody else runs in dev mode, and its verdict then."""


def test_running_platform_gets_the_same_verdicts(run_suite: RunSuite, platforms: Platforms) -> None:
    """Each requirement passes, as on a stack that the suite starts itself, but for what is out of reach.

    The receipt of that run, on the screen and in the report, counts about what `make plan` says, and nothing is left.
    """
    suite = run_suite("-n", "2", TARGET=str(platforms.one.file))

    assert verdicts(suite) == dict.fromkeys((each.id for each in Contract.read().judged()), "passed") | OUT_OF_REACH
    receipt = report(suite)["receipt"]
    planned = {"webhooks": WEBHOOKS, "deliveries": DELIVERIES, "events": EVENTS}
    assert receipt == receipt | {what: pytest.approx(count, rel=0.25) for what, count in planned.items()}
    removed = f"removed {receipt['webhooks']} webhooks, {receipt['deliveries']} deliveries of run {receipt['run']}"
    assert f"receipt: {removed}; left in Inngest: at least {receipt['events']} events" in suite.output
    assert platforms.left() == []


@pytest.mark.parametrize("workers", ["0", "2"])
def test_interrupted_run_cleans_up(run_suite: RunSuite, platforms: Platforms, workers: str) -> None:
    """Ctrl-C in the middle of a run removes what it wrote until then."""
    suite = run_suite("-n", workers, TARGET=str(platforms.one.file), STAGE="matching")
    suite.prints("stage 4 matching")

    suite.signal(signal.SIGINT)

    assert suite.code() == pytest.ExitCode.INTERRUPTED
    assert "receipt: removed" in suite.output
    assert platforms.left() == []


def test_rows_of_a_killed_run_are_named(run_suite: RunSuite, platforms: Platforms) -> None:
    """What a killed run left is named by the next one, with the SQL that removes it, and not touched."""
    suite = run_suite("-n", "0", "tests/stage_4_matching", TARGET=str(platforms.one.file))
    suite.prints("oracle self-test")
    suite.signal(signal.SIGKILL)
    suite.code()
    [whose] = set(platforms.left())

    later = run_suite("tests/stage_1_stack", TARGET=str(platforms.one.file))
    later.code()

    assert f"webhooks of '{whose}'. Unless it still runs: DELETE FROM" in later.output
    assert set(platforms.left()) == {whose}
    platforms.remove(whose)


def verdicts(suite: Suite) -> dict[str, str]:
    """Return the verdict on each requirement."""
    return {each["id"]: each["verdict"] for each in report(suite)["requirements"]}


def report(suite: Suite) -> Any:
    """Wait for the end of a run and return its report."""
    suite.code(RUN_WITHIN)
    file = suite.artifacts / "report.json"
    assert file.exists(), suite.output
    return json.loads(file.read_text())
