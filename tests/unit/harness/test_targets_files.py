"""The files of targets/ and the page that explains them: all of them load, and no key is left unexplained."""

import operator
import re
from pathlib import Path

import pytest

from harness.targets import Inngest, Target
from harness.targets.consistency import TOLD
from harness.targets.document import Document, dotted
from harness.targets.form import KINDS, keys
from harness.targets.reader import FOLDER, load
from tests.unit.harness.target_files import ENVIRONMENT, read, whole

PAGE = (FOLDER.parent / "docs" / "targets.md").read_text()
ROWS = {
    key: (kinds, default)
    for key, kinds, default in re.findall(r"^\| `([\w.]+)` \| ([a-z, ]+) \| .+ \| (.+) \|$", PAGE, flags=re.MULTILINE)
}
NAMES = {"tables.webhooks": "webhooks", "tables.deliveries": "deliveries"}
"""What the dataclasses call differently."""


@pytest.mark.parametrize("name", [path.stem for path in FOLDER.glob("*.toml")])
def test_every_file_loads(name: str) -> None:
    """Every target of the folder can be read once its secrets are there."""
    assert load(name, environment=ENVIRONMENT).description


def test_every_key_is_on_the_page() -> None:
    """The page's table has every key, with the kinds of target that have it and whether they need it."""
    form = {dotted(path): ("all" if key.kinds == KINDS else ", ".join(key.kinds), key.required) for path, key in keys()}

    assert {key: (kinds, default == "required") for key, (kinds, default) in ROWS.items()} == form


def test_defaults_on_the_page_are_those_of_the_code() -> None:
    """Where the page gives a value as a default, a target that leaves the key out has it."""
    target = Target(name="x", kind="reference", folder=Path())
    words = re.compile(r"(?!required)[\w./=-]*\w[\w./=-]*")
    defaults = {key: default for key, (_, default) in ROWS.items() if words.fullmatch(default)}
    assert defaults.pop("inngest.mode") == Inngest(url="").mode
    paths = {key: re.sub(r"^tables\.\w+", lambda table: NAMES[table[0]], key) for key in defaults}

    assert {key: str(operator.attrgetter(path)(target)).removesuffix(".0") for key, path in paths.items()} == defaults


@pytest.mark.parametrize(
    "without",
    [
        ("environment_file", "dsn_env", "[absent]", "[waived]"),
        ("dsn", "password_env", "[kernel]", "[control.inngest]", "[control.dispatcher]", "[control.database]"),
    ],
    ids=["kernel, password and control", "one variable, absent and waived"],
)
def test_keys_that_the_example_switches_off_are_right(tmp_path: Path, without: tuple[str, ...]) -> None:
    """The annotated example loads with its other keys switched on."""
    assert read(tmp_path, whole(without=without), **ENVIRONMENT).kind == "external"


def test_annotated_example_has_every_key(tmp_path: Path) -> None:
    """The annotated example shows every key that a running target has."""
    (tmp_path / "whole.toml").write_text(whole(without=()))
    root = Document.read(tmp_path / "whole.toml", shown="whole.toml").root

    assert [dotted(path) for path, key in keys() if "external" in key.kinds and root.find(*path) is None] == []


@pytest.mark.parametrize("variable", sorted({variable for told in TOLD.values() for variable in told}))
def test_variable_that_the_suite_tells_is_on_the_page(variable: str) -> None:
    """The page lists every variable that a started dispatcher or kernel is told, and that a target may not set."""
    table = PAGE[PAGE.index("## What a started dispatcher is told") : PAGE.index("## Absent and waived")]

    assert f"`{variable}`" in table
