"""Odd webhooks may be refused, and a refusal that nobody can see is a loss."""

from types import SimpleNamespace
from typing import cast

import psycopg
import pytest

from harness.clients.rows import Delivery
from harness.errors import UnmetError
from harness.journey import Journey
from harness.odd_webhooks import Columns, create_each, delivered_or_refused
from harness.webhooks import Webhook, Webhooks


def row(status: str, code: int | None = None) -> Delivery:
    """Return the row of one attempt."""
    return Delivery(
        delivery_id=1,
        webhook_id=7,
        event_id="evt-1",
        event_type="policy/bound",
        status=status,
        status_code=code,
        response_body=None,
        error_message=None,
        attempt_number=1,
        delivered_at=None,
    )


def journey(*rows: Delivery) -> Journey:
    """Return the journey of an event whose run has ended and left these rows."""
    event = {"name": "policy/bound"}
    answers = {"ends": lambda: None, "within": float, "rows": lambda *_, **__: rows}
    return cast("Journey", SimpleNamespace(id="evt-1", event=event, **answers))


def webhook(*attempts: object) -> Webhook:
    """Return a webhook at which these attempts arrived."""
    return cast("Webhook", SimpleNamespace(id=7, attempts=attempts))


class Strict:
    """A database that takes no row without a secret."""

    def create(self, *, secret: str | None) -> str:
        if secret is None:
            raise psycopg.errors.NotNullViolation("null value in column secret")
        return secret


def test_what_arrived_is_returned_without_asking_for_rows() -> None:
    """Where something arrived, the caller judges it."""
    reached = webhook("attempt")

    assert delivered_or_refused(journey(), reached) is reached.attempts


@pytest.mark.parametrize("rows", [[row("failed")], [row("retrying"), row("failed")]])
def test_recorded_refusal_passes(rows: list[Delivery]) -> None:
    """A delivery that never left is fine where its last row says that it failed."""
    assert delivered_or_refused(journey(*rows), webhook()) == ()


@pytest.mark.parametrize("rows", [[], [row("success", 200)], [row("failed", 500)]])
def test_silence_is_a_breach(rows: list[Delivery], monkeypatch: pytest.MonkeyPatch) -> None:
    """No request and no row, or a row about an answer that nobody gave, is a loss at the hop that records."""
    monkeypatch.setattr("harness.odd_webhooks.ROW_WITHIN", 0.0)

    with pytest.raises(UnmetError) as caught:
        delivered_or_refused(journey(*rows), webhook())

    assert caught.value.hop == "recorded"


def test_row_that_the_database_refuses_is_left_out() -> None:
    """A case that the schema rules out cannot go wrong, so no webhook stands for it."""
    cases: Columns = {"empty": {"secret": ""}, "NULL": {"secret": None}}

    assert list(create_each(cast("Webhooks", Strict()), cases)) == ["empty"]
