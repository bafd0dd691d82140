"""A broken environment gets one clear message, the right exit code, and leaves nothing behind."""

import json
import re
import signal
import socket
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from harness.diagnosis import Symptom
from harness.verdicts import BAD_USAGE, COULD_NOT_VERIFY, FAILED
from tests.suite_run import ROOT, RunSuite, Suite

MODULES = "tests.unit.broken_environments"
STACK = "tests/stage_1_stack"


def says(suite: Suite, *lines: str) -> None:
    """Check that the run printed each of these texts, no traceback, and left nothing behind."""
    missing = [line for line in lines if line not in suite.output]
    assert not missing, suite.output
    assert "Traceback" not in suite.output
    suite.leaves_nothing()


def test_unknown_engine_is_bad_usage(run_suite: RunSuite) -> None:
    """A mistyped engine ends the run at once with the legal values."""
    suite = run_suite(STACK, ENGINE="dokcer")

    assert suite.code() == BAD_USAGE
    says(suite, "ENGINE='dokcer' is not an engine", "auto, docker, binary, embedded")


def test_unknown_stage_is_bad_usage(run_suite: RunSuite) -> None:
    """A stage that does not exist ends the run at once with those that do."""
    suite = run_suite(STAGE="deliveries")

    assert suite.code() == BAD_USAGE
    says(suite, "STAGE='deliveries' is not a stage", "did you mean 'delivery'?")


def test_taken_port_is_named_with_its_holder(run_suite: RunSuite) -> None:
    """A port that somebody else listens on is named, with the process that holds it."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        suite = run_suite(STACK, ENGINE_PORT=str(port))

        assert suite.code() == COULD_NOT_VERIFY
        says(suite, f"Expected: port {port} of 127.0.0.1 to be free for the engine.", "by PID", "ENGINE_PORT=0")
        assert Symptom.CONTAINER.line in suite.output


def test_missing_postgres_binaries_could_not_verify(run_suite: RunSuite) -> None:
    """Where POSTGRES_BIN has no Postgres, the run says where it looked, and judges nobody."""
    suite = run_suite(STACK, POSTGRES_BIN="/nonexistent")

    assert suite.code() == COULD_NOT_VERIFY
    says(suite, "/nonexistent", "Next:")


def test_database_that_cannot_start_is_quoted(run_suite: RunSuite) -> None:
    """A Postgres that fails is reported with its last words, and the log that the message names outlives the run."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # whoever runs Postgres gets in
        for program in ("initdb", "postgres"):
            (Path(folder) / program).write_text("#!/bin/sh\necho 'no space left (PostgreSQL) 99'\nexit 3\n")
            (Path(folder) / program).chmod(0o755)
        suite = run_suite(STACK, POSTGRES_BIN=folder)
        assert suite.code() == COULD_NOT_VERIFY

    says(suite, "initdb to be done", "it exited with code 3", "| no space left")
    [log] = re.findall(r"Next: read (.+)\.$", suite.output, flags=re.MULTILINE)
    assert "no space left" in Path(log).read_text()


def test_dispatcher_that_dies_is_quoted(run_suite: RunSuite) -> None:
    """A dispatcher that dies at start is reported with its address, exit code and last words, not after a time-out."""
    suite = run_suite(STACK, DISPATCHER=f"{MODULES}.dies_at_start")

    assert suite.code() == COULD_NOT_VERIFY
    says(suite, "dispatcher to be ready at http://127.0.0.1:", "fatal: no flux capacitor", "dispatcher.log")
    assert Symptom.CONTAINER.line in suite.output


def test_dispatcher_that_never_registers_fails_its_requirement(run_suite: RunSuite) -> None:
    """A dispatcher that is up but never registers breaks REG-01, and the message says what Inngest knows."""
    suite = run_suite(
        "-k", "registered_under_its_app", DISPATCHER=f"{MODULES}.never_registers", WAIT_SCALE="0.3", STAGE="2"
    )

    assert suite.code() == FAILED
    says(suite, "a function webhook-dispatcher to be registered", "no function at all", "Broken hop: registered")
    assert Symptom.FUNCTIONS.line in suite.output


def test_dispatcher_that_inngest_cannot_reach_could_not_verify(run_suite: RunSuite) -> None:
    """A dispatcher that answers us and not Inngest is nobody's fault yet: no stage accuses it."""
    suite = run_suite(DISPATCHER=f"{MODULES}.cuts_off_inngest", WAIT_SCALE="0.3")

    assert suite.code() == COULD_NOT_VERIFY
    says(suite, "Inngest to reach the dispatcher, which answers here at", "error: unreachable", "on which address")
    assert Symptom.REFUSED.line in suite.output
    report = json.loads((suite.artifacts / "report.json").read_text())
    assert report["counts"]["failed"] == 0


def test_unreachable_receiver_could_not_verify(run_suite: RunSuite) -> None:
    """A receiver that the dispatcher can't reach is nobody's fault: the canary says so and names the setting."""
    suite = run_suite(STACK, RECEIVER_HOST="127.0.0.2", WAIT_SCALE="0.3")

    assert suite.code() == COULD_NOT_VERIFY
    says(suite, "to reach the receiver at http://127.0.0.2", "set RECEIVER_HOST", Symptom.WEBHOOKS.line)
    report = json.loads((suite.artifacts / "report.json").read_text())
    assert (report["exit"], report["counts"]["failed"]) == (COULD_NOT_VERIFY, 0)


@pytest.mark.parametrize("workers", ["0", "2"])
def test_inngest_that_dies_in_the_middle_is_nobodys_fault(run_suite: RunSuite, workers: str) -> None:
    """Though Inngest is killed while requirements are judged, none is said to be broken, and the cause is told once."""
    suite = run_suite("-n", workers, STAGE="matching")
    suite.prints("stage 4 matching")

    suite.kill("embedded_inngest")

    assert suite.code() == COULD_NOT_VERIFY
    says(suite, "Inngest to be there from the start of a run to its end", "it is gone: nothing answers at")
    report = json.loads((suite.artifacts / "report.json").read_text())
    assert (report["counts"]["failed"], report["counts"]["harness error"]) == (0, 0)
    assert "it is gone" in report["problem"]
    suite.leaves_nothing()


def test_part_that_is_there_can_not_be_left_out(run_suite: RunSuite, tmp_path: Path) -> None:
    """A dispatcher that the suite starts is asked for what its file declares absent, before anything is left out."""
    file = tmp_path / "theirs.toml"
    file.write_text(f"""
kind = "command"
dispatcher.command = ["{sys.executable}", "-m", "reference_dispatcher"]
dispatcher.directory = "{ROOT}"
dispatcher.schema = "{ROOT}/reference_dispatcher/schema.sql"
absent.webhook_api = "webhooks are made by hand"
""")
    suite = run_suite(STACK, TARGET=str(file))

    assert suite.code() == COULD_NOT_VERIFY, suite.output
    says(suite, "absent.webhook_api", "GET /api/webhooks answers", "remove absent.webhook_api")


@pytest.mark.parametrize("workers", ["0", "2"])
def test_interrupt_leaves_nothing_behind(run_suite: RunSuite, workers: str) -> None:
    """Ctrl-C in the middle of the run ends it with the code of an interruption, and everything it started."""
    suite = run_suite("-n", workers, STACK)
    suite.prints("oracle self-test")

    suite.signal(signal.SIGINT)

    assert suite.code() == pytest.ExitCode.INTERRUPTED
    suite.leaves_nothing()


def test_crash_leaves_nothing_behind(run_suite: RunSuite) -> None:
    """Though the suite itself is killed in the middle, nothing that it started survives it."""
    suite = run_suite(STACK)
    suite.prints("oracle self-test")

    suite.signal(signal.SIGKILL)

    assert suite.code() == -signal.SIGKILL
    suite.leaves_nothing()
