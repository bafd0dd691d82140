"""`python -m load`: what a user types, what is printed and written, and the exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from harness.verdicts import BAD_USAGE, COULD_NOT_VERIFY, FAILED, HARNESS_ERROR, PASSED
from load.__main__ import main
from load.command import Command

ROOT = Path(__file__).parents[3]


def load(tmp_path: Path, **settings: str) -> "subprocess.CompletedProcess[str]":
    """Run a load with these settings and return what it printed."""
    environment = {**os.environ, "ARTIFACTS": str(tmp_path), "ENGINE": "embedded", **settings}  # noqa: TID251 - handed on
    command = [sys.executable, "-m", "load"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("workers", "rate"), [("1", ""), ("2", "20")])
def test_load_balances_on_the_reference(tmp_path: Path, workers: str, rate: str) -> None:
    """A load of one process, or of several at a rate, is delivered whole; table and file say so."""
    run = load(tmp_path, EVENTS="10", WEBHOOKS="2", WORKERS=workers, RATE=rate)

    report = json.loads((tmp_path / "load.json").read_text())
    assert run.returncode == PASSED, run.stdout + run.stderr
    assert "✔ none lost, none twice, every row there" in run.stdout
    assert (report["events"], report["deliveries"], report["exit"]) == (10, 20, 0)
    assert [each["count"] for each in report["latencies"]] == [10, 20, 20]


def test_load_finds_what_a_broken_dispatcher_loses(tmp_path: Path) -> None:
    """A dispatcher that hears of no event loses all of them, and the code is that of a broken MUST."""
    run = load(tmp_path, EVENTS="3", WEBHOOKS="1", DISPATCHER="tests.unit.load.deaf_dispatcher")

    assert run.returncode == FAILED, run.stdout + run.stderr
    assert "✘ without a run: 3" in run.stdout
    assert "✘ lost: 3" in run.stdout


@pytest.mark.parametrize(
    ("setting", "value"), [("EVENTS", "many"), ("EVENTS", "0"), ("RATE", "nan"), ("WORKERS", "1.5"), ("ENGINE", "car")]
)
def test_wrong_setting_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], setting: str, value: str
) -> None:
    """A setting that makes no sense is named before anything starts."""
    monkeypatch.setenv(setting, value)

    assert main() == BAD_USAGE
    assert f"Seen: {setting}='{value}'" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "code"),
    [(psycopg.OperationalError("the connection is closed"), COULD_NOT_VERIFY), (KeyError("slug"), HARNESS_ERROR)],
)
def test_what_breaks_the_load_itself_blames_nobody(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception, code: int
) -> None:
    """A database that goes away, or a slip of ours, is told and is not the code of something lost."""

    def fail(_: Command) -> int:
        raise error

    monkeypatch.setattr(Command, "run", fail)

    assert main() == code
    assert str(error) in capsys.readouterr().out


def test_missing_binary_could_not_be_verified(tmp_path: Path) -> None:
    """Where Inngest can't be had, nobody is blamed."""
    run = load(tmp_path, ENGINE="binary", INNGEST_BIN=str(tmp_path / "none"))

    assert run.returncode == COULD_NOT_VERIFY
    assert "Expected:" in run.stdout
