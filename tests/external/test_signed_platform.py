"""A platform in signed mode that runs by itself is judged with its keys, and not without them."""

from collections.abc import Iterator
from typing import Any

import pytest

from harness.verdicts import COULD_NOT_VERIFY, PASSED
from tests.external.test_agreement import verdicts
from tests.separate_stack.separate import Separate, separate_stacks
from tests.suite_run import RunSuite

SIGNED = (
    "tests/stage_2_registration/test_signed_calls.py",
    "tests/stage_9_security/test_event_key.py",
    "tests/stage_10_operations/test_moving_to_a_signed_server.py",
)


@pytest.fixture(scope="module")
def signed_platform() -> Iterator[Separate]:
    """A platform in signed mode, up."""
    with separate_stacks("signed", signed=True) as [signed]:
        yield signed


def test_signed_mode_is_judged_where_it_runs(run_suite: RunSuite, signed_platform: Separate) -> None:
    """What needs the signed mode is applicable to a platform that is in it."""
    suite = run_suite(*SIGNED, TARGET=str(signed_platform.file))

    assert suite.code() == PASSED, suite.output
    assert {each for each, verdict in verdicts(suite).items() if verdict == "passed"} == {"REG-05", "SEC-01", "OPS-06"}


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("event_key", "into SEPARATE_EVENT_KEY"),
        ("signing_key", "in SEPARATE_SIGNING_KEY"),
        ("mode", 'say mode = "start" in [inngest]'),
    ],
)
def test_wrong_key_could_not_verify(run_suite: RunSuite, signed_platform: Separate, key: str, says: str) -> None:
    """A key that Inngest refuses is named by its variable, and shown to nobody; so is a mode that is not so."""
    wrong: dict[str, Any] = {key: {"event_key": "ab" * 8, "signing_key": "ab" * 32, "mode": "dev"}[key]}

    suite = run_suite("tests/stage_1_stack", TARGET=str(signed_platform.target(key, **wrong)))

    assert suite.code() == COULD_NOT_VERIFY, suite.output
    assert says in suite.output
    assert "abab" not in suite.output
