"""The oracle self-test stops a run whose own judges are broken."""

from contextlib import closing
from typing import NoReturn

import psycopg
import pytest

from harness.databases.local import LocalPostgres
from harness.errors import HarnessError, UnmetError
from harness.self_test import self_test
from harness.addresses import Addresses
from harness.stack import SCHEMA

JUDGES = ("verify_beema", "agree", "balance")


@pytest.fixture(scope="module")
def addresses(postgres: LocalPostgres) -> Addresses:
    """A stack of which only the database is there."""
    dsn = postgres.create_database("self_test")
    with closing(psycopg.connect(dsn, autocommit=True)) as connection:
        connection.execute(SCHEMA.read_bytes())
    return Addresses(engine="", dispatcher="", kernel="", dsn=dsn, logs="")


def accept(*_: object) -> None:
    """Find nothing wrong with anything."""


def reject(*_: object) -> NoReturn:
    """Find something wrong with everything."""
    raise UnmetError("nothing.", "something.", "look.")


def test_whole_judges_pass_and_leave_nothing(addresses: Addresses) -> None:
    """Judges that work come out as they must in all checks, and the database is as it was."""
    passed, total = self_test(addresses)

    assert passed == total == 10
    with closing(psycopg.connect(addresses.dsn)) as connection:
        assert connection.execute("SELECT count(*) FROM sys_webhooks").fetchone() == (0,)


@pytest.mark.parametrize("judge", JUDGES)
def test_judge_that_accepts_everything_is_found_out(
    addresses: Addresses, monkeypatch: pytest.MonkeyPatch, judge: str
) -> None:
    """A judge that lets a bad capture pass stops the run, and the error names the capture."""
    monkeypatch.setattr(f"harness.self_test.{judge}", accept)

    with pytest.raises(HarnessError, match=r"judges to reject (a|one) .+\nSeen: they accept it"):
        self_test(addresses)


@pytest.mark.parametrize("judge", JUDGES)
def test_judge_that_rejects_everything_is_found_out(
    addresses: Addresses, monkeypatch: pytest.MonkeyPatch, judge: str
) -> None:
    """A judge that lets nothing pass would blame every dispatcher, and stops the run as well."""
    monkeypatch.setattr(f"harness.self_test.{judge}", reject)

    with pytest.raises(HarnessError, match=r"judges to accept a right .+\nSeen: they reject it"):
        self_test(addresses)
