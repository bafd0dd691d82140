"""A broken dispatcher on a platform that others use is judged, unless judging it would disturb them."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from harness.settings import Settings
from harness.verdicts import COULD_NOT_VERIFY, FAILED
from tests.external.test_agreement import verdicts
from tests.separate_stack.separate import Separate, separate_stacks
from tests.suite_run import RunSuite


@contextmanager
def platform_of(fault: str) -> Iterator[Separate]:
    """Run a platform with a faulty dispatcher."""
    with tempfile.TemporaryDirectory(prefix="separate-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # Postgres may run as another user, who must get through to its own directory
        with separate_stacks(folder, "faulty", settings=Settings(dispatcher=fault)) as [faulty]:
            yield faulty


def test_dead_trigger_fails_its_requirement(run_suite: RunSuite) -> None:
    """A dispatcher whose trigger never fires gets no canary, and is judged all the same: REG-02 fails."""
    with platform_of("faults.star_trigger") as faulty:
        suite = run_suite("tests/stage_1_stack", "tests/stage_2_registration", TARGET=str(faulty.file))

        assert suite.code() == FAILED, suite.output
        assert verdicts(suite)["REG-02"] == "failed"
    assert "preflight: the canary started no run" in suite.output


def test_leak_to_other_tenants_ends_the_run(run_suite: RunSuite) -> None:
    """A dispatcher that sends the canary to another tenant's webhook is sent nothing more."""
    with platform_of("faults.tenant_filter_removed") as faulty:
        with psycopg.connect(faulty.addresses.dsn) as connection:
            connection.execute(
                """INSERT INTO sys_webhooks (webhook_name, tenant_id, event_type, url, secret, enabled)
                   VALUES ('theirs', 'acme', '*', 'http://127.0.0.1:9/', 's', true)"""
            )
        suite = run_suite("tests/stage_1_stack", TARGET=str(faulty.file))

        assert suite.code() == COULD_NOT_VERIFY, suite.output
    assert "delivered it to other people's webhooks too: 1." in suite.output
