"""compose/offline/build says in one line what it lacks, before it does anything."""

from pathlib import Path

from tests.unit.compose.programs import TOOLS, install, run

NO_IMAGES = "[[ $1 == info ]]\n"
"""A Docker command line whose engine has no image."""


def refusal(folder: Path, **programs: str) -> str:
    """Build with these programs in place of the machine's; return the line that it ends with."""
    ended = run("offline/build", path=f"{install(folder, **programs)}:{TOOLS}")
    assert ended.returncode == 1
    return ended.stderr


def test_missing_engine_is_one_line(tmp_path: Path) -> None:
    """Without a Docker engine there is nothing to build with."""
    assert refusal(tmp_path, docker="exit 1\n") == "offline images: no Docker engine answers 'docker info'\n"


def test_other_users_than_root_are_told(tmp_path: Path) -> None:
    """Whoever is not root is told so before debootstrap stumbles over it."""
    assert refusal(tmp_path, docker=NO_IMAGES, id="echo 1000\n") == (
        "offline images: root is needed: debootstrap unpacks a Debian\n"
    )


def test_missing_debootstrap_is_one_line(tmp_path: Path) -> None:
    """Without debootstrap it names the package."""
    assert refusal(tmp_path, docker=NO_IMAGES, id="echo 0\n") == (
        "offline images: debootstrap is missing (apt-get install debootstrap)\n"
    )


def test_failing_step_shows_the_end_of_its_output(tmp_path: Path) -> None:
    """When debootstrap fails, its own words come first."""
    shown = refusal(tmp_path, docker=NO_IMAGES, id="echo 0\n", debootstrap="echo 'E: no such mirror'; exit 1\n")

    assert shown.splitlines()[0] == "E: no such mirror"
    assert shown.splitlines()[1].startswith("offline images: 'debootstrap ")
