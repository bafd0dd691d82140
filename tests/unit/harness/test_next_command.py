"""The next command fits what is broken and where it can still be looked at, and holds no secret."""

import shlex
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from harness.addresses import Addresses
from harness.journey import Journey
from harness.report.next_command import next_command
from harness.targets import Table, Target

TARGET = Target(name="t", kind="external", folder=Path(), deliveries=Table(name="tries", columns={"event_id": "event"}))
RUNNING = Addresses(
    engine="http://inngest",
    dispatcher="http://app",
    kernel="",
    dsn="postgresql://me:DB-SECRET@db:5432/beema",
    logs="",
    event_key="KEY-SECRET",
    signing_key="SIGN-SECRET",
    app="app",
    function="f",
    serve="/api/inngest",
)
JOURNEY = cast("Journey", SimpleNamespace(id="evt-1", inngest_id="01", inngest_ids=("01",)))


def started(logs: Path) -> Addresses:
    """Return the addresses of a stack that the suite started, which is gone when the failure is read."""
    return Addresses(
        engine="", dispatcher="", kernel="", dsn="", logs=str(logs), event_key="", app="", function="", serve=""
    )


@pytest.mark.parametrize("hop", ["published", "stored", "run started", "delivered", "recorded"])
def test_event_of_our_own_stack_is_looked_for_in_its_logs(tmp_path: Path, hop: str) -> None:
    """The logs outlive the stack, and are searched for every id of the event."""
    assert next_command(hop, JOURNEY, started(tmp_path), TARGET) == f"grep -rnE 'evt-1|01' {tmp_path}"


def test_logs_below_here_are_named_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command is as short as it can be; without an event it looks for what went wrong."""
    monkeypatch.chdir(tmp_path)

    assert next_command("registered", None, started(tmp_path / "logs"), TARGET).endswith("publish' logs")


@pytest.mark.parametrize(
    ("hop", "words"),
    [
        ("stack", ["http://app/api/inngest"]),
        ("registered", ["authorization: Bearer $INNGEST_SIGNING_KEY", "http://inngest/v0/gql"]),
        ("published", ["http://inngest/v1/events/01"]),
        ("stored", ["http://inngest/v1/events/01"]),
        ("run started", ["http://inngest/v0/gql"]),
        ("delivered", ["psql", "SELECT * FROM tries WHERE event = 'evt-1'"]),
        ("recorded", ["psql", "user=me dbname=beema host=db port=5432"]),
    ],
)
def test_running_platform_is_asked_itself(hop: str, words: list[str]) -> None:
    """What still runs is asked by curl or psql under its own names; a shell can read it, and it holds no secret."""
    command = next_command(hop, JOURNEY, RUNNING, TARGET)

    assert set(words) <= set(shlex.split(command)), command
    assert "SECRET" not in command


def test_event_that_nobody_follows_is_published_by_hand() -> None:
    """Without an event there is none to be asked for."""
    assert "http://inngest/e/$INNGEST_EVENT_KEY" in next_command("published", None, RUNNING, TARGET)
