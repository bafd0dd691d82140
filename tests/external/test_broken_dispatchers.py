"""A broken dispatcher on a platform that others use is judged, unless judging it would disturb them."""

import re

import psycopg

from harness.settings import Settings
from harness.verdicts import COULD_NOT_VERIFY, FAILED
from tests.external.test_agreement import report, verdicts
from tests.separate_stack.separate import separate_stacks
from tests.suite_run import RunSuite


def test_dead_trigger_fails_its_requirement(run_suite: RunSuite) -> None:
    """A dispatcher whose trigger never fires gets no canary, and is judged all the same: REG-02 fails."""
    with separate_stacks("faulty", settings=Settings(dispatcher="faults star_trigger")) as [faulty]:
        suite = run_suite("-k", "starts_a_run", TARGET=str(faulty.file), STAGE="registration", WAIT_SCALE="0.3")

        assert suite.code() == FAILED, suite.output
        assert verdicts(suite)["REG-02"] == "failed"
    assert "preflight: the canary started no run" in suite.output


def test_dispatcher_that_stays_down_is_nobodys_fault(run_suite: RunSuite) -> None:
    """When the owner's command does not start a dispatcher again, nothing is called broken, and the cause is told."""
    with separate_stacks("stubborn") as [stubborn]:
        before, section, own = stubborn.file.read_text().partition("[control.dispatcher]")
        lost = re.sub(r"^start = .*$", 'start = ["true"]', own, count=1, flags=re.MULTILINE)
        stubborn.file.write_text(f"{before}{section}{lost}")
        suite = run_suite("-k", "again", TARGET=str(stubborn.file), STAGE="registration", WAIT_SCALE="0.1")

        assert suite.code() == COULD_NOT_VERIFY, suite.output
    judged = [each for each in report(suite)["requirements"] if each["id"] in ("REG-03", "REG-04")]
    assert {each["verdict"] for each in judged} == {"unverified"}
    assert min(each["seconds"] for each in judged) < 1  # whoever comes later does not wait for what is gone
    assert "the dispatcher to be there from the start of a run to its end" in suite.output
    assert "in the artifacts" not in suite.output


def test_leak_to_other_tenants_ends_the_run(run_suite: RunSuite) -> None:
    """A dispatcher that sends the canary to another tenant's webhook is sent nothing more."""
    with separate_stacks("faulty", settings=Settings(dispatcher="faults tenant_filter_removed")) as [faulty]:
        with psycopg.connect(faulty.addresses.dsn) as connection:
            connection.execute(
                """INSERT INTO sys_webhooks (webhook_name, tenant_id, event_type, url, secret, enabled)
                   VALUES ('theirs', 'acme', '*', 'http://127.0.0.1:9/', 's', true)"""
            )
        suite = run_suite("tests/stage_1_stack", TARGET=str(faulty.file))

        assert suite.code() == COULD_NOT_VERIFY, suite.output
    assert "delivered it to other people's webhooks too: 1." in suite.output
