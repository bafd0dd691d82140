"""A target's file that does not fit its platform gets one clear message, no verdict, and leaves nothing there."""

from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from harness.verdicts import COULD_NOT_VERIFY
from tests.external.conftest import Platforms
from tests.suite_run import RunSuite, Suite

STACK = "tests/stage_1_stack"
WRONG = "not-the-password"


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """What a target's file says that is not so.

    Attributes:
        told: Addresses, each as the place where its true value is: `other.dsn` is the other platform's database.
        extra: Further lines of the file.
        says: What the run must say.
    """

    told: dict[str, str]
    extra: str = ""
    says: tuple[str, ...]


MISFITS = {
    "password": Misfit(
        told={"password": WRONG},
        says=("password authentication failed", "Next: correct the password in SEPARATE_STACK_PASSWORD."),
    ),
    "inngest-is-something-else": Misfit(
        told={"engine": "one.dispatcher"},
        says=("an Inngest at http", "answered by something else: 404", "[inngest] url"),
    ),
    "nobody-at-the-dispatcher": Misfit(
        told={"dispatcher": "http://127.0.0.1:9"},
        says=("the dispatcher to answer GET /api/inngest", "[dispatcher] url"),
    ),
    "synced-elsewhere": Misfit(
        told={"engine": "lonely"},
        says=("here is no function at all", "it is synced elsewhere: set its INNGEST_BASE_URL"),
    ),
    "another-deployment's-inngest": Misfit(
        told={"engine": "other.engine"}, says=("to run the dispatcher at", "it runs another deployment's, at http")
    ),
    "another-deployment's-database": Misfit(
        told={"dsn": "other.dsn"},
        says=("to be the one that its dispatcher uses", "made is not in sys_webhooks there", "correct [database]"),
    ),
    "tables-elsewhere": Misfit(
        told={},
        extra='[tables.webhooks]\nname = "studio.webhooks"\n',
        says=(
            "the table studio.webhooks in one at",
            "there is: public.sys_webhook_deliveries",
            "[tables.webhooks] name",
        ),
    ),
    "receiver-out-of-reach": Misfit(
        told={},
        extra='[receiver]\nhost = "127.0.0.2"\n',
        says=("to reach the receiver at http://127.0.0.2:", "it tried, and says: ", "[receiver] host"),
    ),
    "absent-but-there": Misfit(
        told={},
        extra='[absent]\ndeliveries_api = "nobody needs it"\n',
        says=("absent.deliveries_api", "GET /api/webhooks/deliveries answers", "remove absent.deliveries_api"),
    ),
    "signed-mode-in-dev-mode": Misfit(
        told={"mode": "start"}, says=("to be in signed mode, as the target says", "it is a development server")
    ),
}


@pytest.mark.parametrize("case", MISFITS)
def test_misfit_could_not_verify(run_suite: RunSuite, platforms: Platforms, case: str) -> None:
    """Whatever of a target's file is not so is named with the key to correct; nobody is judged, and no row stays."""
    misfit = MISFITS[case]
    told: dict[str, Any] = {name: _resolved(platforms, place) for name, place in misfit.told.items()}
    suite = run_suite(STACK, TARGET=str(platforms.one.target(case, extra=misfit.extra, **told)))

    assert suite.code() == COULD_NOT_VERIFY, suite.output
    says(suite, *misfit.says)
    assert platforms.left() == []
    assert WRONG not in suite.output


def test_others_webhooks_hear_nothing(run_suite: RunSuite, platforms: Platforms) -> None:
    """Where somebody's own webhook would hear of events without a tenant, they are not sent, and nobody is blamed."""
    with psycopg.connect(platforms.one.addresses.dsn, autocommit=True) as connection:
        [theirs] = connection.execute(
            """INSERT INTO sys_webhooks (webhook_name, tenant_id, event_type, url, secret, enabled)
               VALUES ('theirs', 'default', '*', 'http://127.0.0.1:9/', 's', true) RETURNING webhook_id"""
        ).fetchone() or [0]
        try:
            suite = run_suite("tests/stage_4_matching/test_tenancy.py", TARGET=str(platforms.one.file))
            assert suite.code() == COULD_NOT_VERIFY, suite.output
            heard = connection.execute(
                "SELECT * FROM sys_webhook_deliveries WHERE webhook_id = %s", [theirs]
            ).fetchall()
        finally:
            connection.execute("DELETE FROM sys_webhooks WHERE webhook_id = %s", [theirs])

    says(suite, f"sys_webhooks has others, who would get them: {theirs} (*)", "unverified: 2 MUST")
    assert (heard, platforms.left()) == ([], [])


def says(suite: Suite, *lines: str) -> None:
    """Check that the run printed each of these texts, no traceback, and left no process."""
    missing = [line for line in lines if line not in suite.output]
    assert not missing, suite.output
    assert "Traceback" not in suite.output
    suite.leaves_nothing()


def _resolved(platforms: Platforms, place: str) -> str:
    """Return what is at a place such as `other.dsn`; what is none stands for itself."""
    whose, _, what = place.partition(".")
    platform: Any = getattr(platforms, whose, None)
    return str(getattr(platform.addresses, what) if what and platform else platform or place)
