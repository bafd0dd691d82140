"""Where the browser of `make test-page` is looked for, and what is said when it is nowhere."""

from pathlib import Path

import pytest

from harness.errors import UsageError
from tests.page import settings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two browsers."""
    for name in ("google-chrome", "mine"):
        (tmp_path / name).touch(mode=0o755)
    return tmp_path


def test_the_first_on_the_path_is_taken(folder: Path) -> None:
    """Without a setting it is whatever Chromium or Chrome is on the PATH."""
    assert settings.chromium({"PATH": str(folder)}) == str(folder / "google-chrome")


def test_the_setting_wins(folder: Path) -> None:
    """CHROMIUM names the one to take, whatever else is on the PATH."""
    assert settings.chromium({"PATH": str(folder), "CHROMIUM": str(folder / "mine")}) == str(folder / "mine")


@pytest.mark.parametrize(("asked", "seen"), [("", "none of chromium, "), ("/not/there", "none of /not/there")])
def test_none_is_a_clear_message(folder: Path, asked: str, seen: str) -> None:
    """Where there is none, it is said what was looked for and what to do."""
    with pytest.raises(UsageError) as raised:
        settings.chromium({"PATH": str(folder / "empty"), "CHROMIUM": asked})

    assert raised.value.seen.startswith(seen)
    assert "apt-get install chromium" in raised.value.next_step
