"""A dispatcher that shares nothing with this repository but the contract is judged as its code deserves."""

import json
from typing import Any

import pytest

from harness.verdicts import FAILED, PASSED
from tests.suite_run import RunSuite, Suite

FAULTS = {
    "star-trigger": ("2", {"REG-02": "run started"}),
    "wrong-signature": ("5", {"SIG-01": "delivered"}),
    "secret-in-step": ("5", {"SIG-07": "run started"}),
    "no-retry": ("5", {"RET-03": "delivered", "RET-04": "delivered"}),
    "success-for-500": ("8", {"REC-02": "recorded"}),
}
"""Each fault with the stage that catches it, and the requirements that it breaks with their hops."""


def test_right_dispatcher_passes(run_suite: RunSuite) -> None:
    """Everything that is judged of it holds, in signed mode too, and with the guard on."""
    suite = run_suite("-n", "2", TARGET="node")

    others = {id_: each for id_, (each, _) in verdicts(suite).items() if each != "passed"}
    assert others == {"SEC-06": "not applicable"}  # the suite starts it without Compose
    assert suite.code() == PASSED


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_caught_where_it_is(run_suite: RunSuite, fault: str) -> None:
    """A fault of its code breaks the requirements that it must, at its hop."""
    stage, broken = FAULTS[fault]

    suite = run_suite(TARGET="node", STAGE=stage, FAULT=fault)

    found = verdicts(suite)
    assert {id_: found[id_] for id_ in broken} == {id_: ("failed", hop) for id_, hop in broken.items()}, suite.output
    assert suite.code() == FAILED


def verdicts(suite: Suite) -> dict[str, tuple[str, str | None]]:
    """Wait for the end of a run and return the verdict on each requirement, with the broken hop."""
    suite.code(within=240)
    report: Any = json.loads((suite.artifacts / "report.json").read_text())
    return {each["id"]: (each["verdict"], each["hop"]) for each in report["requirements"]}
