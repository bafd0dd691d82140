"""The oracle self-test stops a run whose own judges are broken."""

from collections.abc import Iterator
from contextlib import closing
from typing import NoReturn

import psycopg
import pytest

from harness.clients.rows import Rows
from harness.databases.local import LocalPostgres
from harness.errors import HarnessError, UnmetError
from harness.self_test import self_test
from harness.stack import SCHEMA
from harness.targets import Signature

FORM = Signature()
JUDGES = ("verify_beema", "agree", "balance")


@pytest.fixture(scope="module")
def rows(postgres: LocalPostgres) -> Iterator[Rows]:
    """The rows of an empty database."""
    dsn = postgres.create_database("self_test")
    with closing(psycopg.connect(dsn, autocommit=True)) as connection:
        connection.execute(SCHEMA.read_bytes())
    with closing(Rows(dsn)) as rows:
        yield rows


def accept(*_: object, **__: object) -> None:
    """Find nothing wrong with anything."""


def reject(*_: object, **__: object) -> NoReturn:
    """Find something wrong with everything."""
    raise UnmetError("nothing.", "something.", "look.")


def test_whole_judges_pass_and_leave_nothing(rows: Rows) -> None:
    """Judges that work come out as they must in all checks, and the database is as it was."""
    passed, total = self_test(rows, "nobody", FORM)

    assert passed == total == 10
    assert not rows.deliveries()


def test_judges_are_tried_in_the_form_of_the_target(rows: Rows) -> None:
    """Whatever form a target signs in, the judges are tried in that one."""
    assert self_test(rows, "nobody", Signature(header="X-Digest", prefix="", encoding="base64")) == (10, 10)


def test_tables_that_can_hold_no_row_are_left_to_their_requirement(postgres: LocalPostgres) -> None:
    """Without the tables the judges are tried all the same, so that PLAT-03 can fail for its reason."""
    with closing(Rows(postgres.create_database("no_tables"))) as rows:
        assert self_test(rows, "nobody", FORM) == (10, 10)


@pytest.mark.parametrize("judge", JUDGES)
def test_judge_that_accepts_everything_is_found_out(rows: Rows, monkeypatch: pytest.MonkeyPatch, judge: str) -> None:
    """A judge that lets a bad capture pass stops the run, and the error names the capture."""
    monkeypatch.setattr(f"harness.self_test.{judge}", accept)

    with pytest.raises(HarnessError, match=r"judges to reject (a|one) .+\nSeen: they accept it"):
        self_test(rows, "nobody", FORM)


@pytest.mark.parametrize("judge", JUDGES)
def test_judge_that_rejects_everything_is_found_out(rows: Rows, monkeypatch: pytest.MonkeyPatch, judge: str) -> None:
    """A judge that lets nothing pass would blame every dispatcher, and stops the run as well."""
    monkeypatch.setattr(f"harness.self_test.{judge}", reject)

    with pytest.raises(HarnessError, match=r"judges to accept a right .+\nSeen: they reject it"):
        self_test(rows, "nobody", FORM)
