"""What the README promises is there: settings, targets, stages, exit codes, folders."""

import dataclasses
import re
from pathlib import Path

import pytest

from harness import verdicts
from harness.contract import Contract
from harness.settings import STAGES, Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "tests" / "node_dispatcher" / "README.md"]
COMMAND = re.compile(r"(?:^|`|=\S+ |&& )make ([a-z]+(?:-[a-z]+)*)", re.MULTILINE)
"""A command of make, at the start of a line or in code; the prose begins no line with that word."""


@pytest.mark.parametrize("setting", dataclasses.fields(Settings), ids=lambda setting: setting.name)
def test_setting_is_in_the_readme(setting: "dataclasses.Field[object]") -> None:
    """Every setting is in the README with its meaning and its default."""
    default = int(setting.default) if isinstance(setting.default, bool) else setting.default

    rows = [line for line in README.splitlines() if line.startswith(f"| `{setting.name.upper()}` |")]
    assert rows == [
        f"| `{setting.name.upper()}` | {setting.metadata['meaning']} | {default or (0 if default == 0 else '-')} |"
    ]


def test_stages_are_in_the_readme() -> None:
    """The README's table has the stages that exist, by number and name."""
    rows = re.findall(r"^\| (\d+) (\w+) \|", README, flags=re.MULTILINE)

    assert {int(number): name for number, name in rows} == STAGES


def test_families_of_the_stages_are_in_the_readme() -> None:
    """The README gives each stage the families of requirements that the contract gives it."""
    rows = re.findall(r"^\| (\d+) \w+ \|.*\| ([A-Z, ]+) \|$", README, flags=re.MULTILINE)
    promised = {(stage, family) for stage, families in rows for family in families.split(", ")}

    assert promised == {(str(each.stage), each.id.split("-")[0]) for each in Contract.read().judged()}


def test_exit_codes_are_in_the_readme() -> None:
    """The README's table has the exit codes that the gate gives, and pytest's own for an interruption."""
    codes = {int(code) for code in re.findall(r"^\| (\d) \|", README, flags=re.MULTILINE)}
    ours = {verdicts.PASSED, verdicts.FAILED, verdicts.HARNESS_ERROR, verdicts.BAD_USAGE, verdicts.COULD_NOT_VERIFY}

    assert codes == ours | {pytest.ExitCode.INTERRUPTED}


def test_make_targets_of_the_documents_exist() -> None:
    """Every `make …` of a document is a target of the Makefile, and the README names those that prove something."""
    named = {file: set(COMMAND.findall(file.read_text())) for file in DOCUMENTS}
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    targets_that_test = {target for target in targets if target.startswith("test")}

    assert {file: unknown for file, names in named.items() if (unknown := names - targets)} == {}
    assert {"verify", "plan", "check", "kill-rate", *targets_that_test} <= named[ROOT / "README.md"]


def test_folders_of_the_readme_exist() -> None:
    """Every folder that the README names is there."""
    named = re.findall(r"`([a-z_/*]+/)`", README)

    assert [folder for folder in named if not list(ROOT.glob(folder.rstrip("/")))] == []
