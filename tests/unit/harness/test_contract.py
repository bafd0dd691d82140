"""The contract's page and the tests of the stages name the same requirements."""

import ast
import re
from pathlib import Path

import pytest

from harness.contract import Contract, Level
from harness.errors import UsageError
from harness.hops import HOPS
from harness.settings import STAGES

ROOT = Path(__file__).parents[3]
CONTRACT = Contract.read()


def marked_requirements() -> dict[str, set[int]]:
    """Return the ids that the tests of the stages are marked with, and the stages that they are in."""
    found: dict[str, set[int]] = {}
    for file in ROOT.glob("tests/stage_*/test_*.py"):
        stage = int(re.findall(r"stage_(\d+)_", str(file))[0])
        for call in (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)):
            if ast.unparse(call.func) == "pytest.mark.requirement":
                for argument in call.args:
                    found.setdefault(ast.literal_eval(argument), set()).add(stage)
    return found


def test_every_requirement_of_a_stage_is_judged_there() -> None:
    """Each requirement that the page gives to a stage is judged by a test of that stage, and only there."""
    promised = {requirement.id: {requirement.stage} for requirement in CONTRACT.judged()}

    assert marked_requirements() == promised


def test_page_uses_known_stages_and_hops() -> None:
    """Every row of the page names a stage that exists and a hop of a journey."""
    assert {requirement.stage for requirement in CONTRACT.judged()} == set(STAGES)
    assert {requirement.hop for requirement in CONTRACT.values()} <= set(HOPS)


def test_page_is_read_whole() -> None:
    """No row of the page is lost by a slip of the pen: the rows that look like requirements are all read."""
    rows = re.findall(r"^\| *([A-Z]+-\d+)", (ROOT / "docs/contract.md").read_text(), flags=re.MULTILINE)

    assert rows == list(CONTRACT)
    assert sum(requirement.level is Level.MUST for requirement in CONTRACT.values()) == 81


def test_unknown_requirement_is_refused() -> None:
    """A marker that names no requirement is a mistake, not a check."""
    with pytest.raises(UsageError, match="SIG-99"):
        CONTRACT.require("SIG-99")
