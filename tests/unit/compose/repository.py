"""What the tests of the Compose platform read: its files, as they are in the repository."""

import re
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped] # it comes with cel-python, its stubs do not

ROOT = Path(__file__).parents[3]
COMPOSE = ROOT / "compose"


def compose_file(name: str) -> dict[str, Any]:
    """Return a Compose file as Compose reads it, anchors and merges resolved."""
    document: dict[str, Any] = yaml.safe_load((COMPOSE / name).read_text())
    return document


def variables(path: Path) -> dict[str, str]:
    """Return the variables that a file of `NAME=value` lines sets."""
    return dict(re.findall(r"^(\w+)=(.*)$", path.read_text(), flags=re.MULTILINE))


def interpolated(text: str) -> set[str]:
    """Return the names of the variables that Compose fills in; `$$` is a dollar of the container's own."""
    return set(re.findall(r"(?<!\$)\$\{(\w+)", text))
