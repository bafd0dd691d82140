"""A part of somebody's platform is disturbed by its owner's commands alone, and only if they do what they say."""

from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from harness.databases.local import LocalPostgres
from harness.errors import Inconclusive, SetupError
from harness.external import ExternalDatabase, ExternalPart
from harness.settings import Settings
from harness.targets import Control, Target


def part(httpserver: HTTPServer, control: Control | None, said: list[str] | None = None) -> ExternalPart:
    """Return a part that is up, whatever its commands do."""
    httpserver.expect_request("/health").respond_with_data("up")
    notes: list[str] = [] if said is None else said
    return ExternalPart(
        "inngest",
        httpserver.url_for("").rstrip("/"),
        "/health",
        control=control,
        folder=Path(),
        within=0.2,
        on_stop=lambda: notes.append("stopped"),
    )


def test_nobody_may_disturb_what_has_no_commands(httpserver: HTTPServer) -> None:
    """Without commands of its owner, a part is not stopped, and the message says where they belong."""
    said: list[str] = []

    with pytest.raises(Inconclusive, match=r"in \[control.inngest\] of the target"):
        part(httpserver, None, said).stop()
    assert said == []


def test_command_that_stops_nothing_is_noticed(httpserver: HTTPServer) -> None:
    """A part that still answers after it was stopped shows nothing of what happens when it is down."""
    said: list[str] = []

    with pytest.raises(Inconclusive, match="it still answers at http"):
        part(httpserver, Control(stop=["true"], start=["true"]), said).stop()
    assert said == ["stopped"]


def test_command_that_fails_is_quoted(httpserver: HTTPServer) -> None:
    """A command that fails is shown with its last line and the key that names it."""
    control = Control(stop=["sh", "-c", "echo no such container >&2; exit 3"], start=["true"])

    with pytest.raises(SetupError, match=r"exit 3: no such container") as failed:
        part(httpserver, control).stop()
    assert "[control.inngest]" in failed.value.next_step


def test_part_that_nobody_can_kill_is_left_alone(httpserver: HTTPServer) -> None:
    """A part whose owner said only how to stop it is not killed: stopping well would show something else."""
    with pytest.raises(Inconclusive, match=r"the target names none.*\n.*as kill in \[control.inngest\]"):
        part(httpserver, Control(stop=["true"], start=["true"])).kill()


def test_database_goes_and_comes_by_its_owners_commands(postgres: LocalPostgres, tmp_path: Path) -> None:
    """A database that still takes connections after its stop shows nothing, and is started again all the same."""
    started = tmp_path / "started"
    control = {"database": Control(stop=["true"], start=["touch", str(started)])}
    target = Target(name="theirs", kind="external", folder=tmp_path, dsn=postgres.dsn(), control=control)
    database = ExternalDatabase(Settings(wait_scale=0.01), target)

    with pytest.raises(Inconclusive, match="it still takes connections"):
        database.kill()
    assert started.exists()
    database.start()


def test_store_that_nobody_can_empty_is_left_alone(httpserver: HTTPServer) -> None:
    """A part whose owner named no command to empty its store is not even stopped."""
    said: list[str] = []

    with pytest.raises(Inconclusive, match="the target names none"):
        part(httpserver, Control(stop=["true"], start=["true"]), said).clear()
    assert said == []
