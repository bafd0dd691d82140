"""The ledger finds what was lost between two stores, and accuses nobody where they agree."""

import time
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from harness.clients.inngest_answers import Reply, Run
from harness.clients.rows import Delivery
from harness.errors import UnmetError
from harness.journey import Journey, Sources
from harness.ledger import Entries, Ledger, balance
from harness.receiver.attempts import Attempt
from harness.receiver.receiver import Receiver
from harness.webhooks import Webhook

ENDED = Run(id="run", slug="dispatcher", status="COMPLETED")


def row(event_id: str, code: int | None = 200, webhook_id: int = 1) -> Delivery:
    """Return the row of one attempt."""
    return Delivery(
        delivery_id=1,
        webhook_id=webhook_id,
        event_id=event_id,
        event_type="policy/bound",
        status="success",
        status_code=code,
        response_body=None,
        error_message=None,
        attempt_number=1,
        delivered_at=None,
    )


def entries(*answered: str, expected: int = 1, unanswered: int = 0) -> Entries:
    """Return the entries of one event that must reach webhook 1, and of what arrived."""
    webhooks = frozenset(range(1, expected + 1))
    return Entries(
        expected={"e": webhooks},
        inngest_ids={"e": ("01",)},
        answered=Counter(answered),
        unanswered=Counter({"e": unanswered}),
    )


def test_three_stores_that_agree_balance() -> None:
    """An event that arrived once, with its row and its ended run, balances; unanswered attempts count nowhere."""
    balance(entries("e"), [row("e"), row("e", code=None)], {"e": [ENDED]})


def test_answer_that_came_too_late_may_be_recorded_without_its_code() -> None:
    """An attempt that was answered when the dispatcher had just given up has its row, and is no imbalance."""
    balance(entries("e", "e"), [row("e", code=None), row("e")], {"e": [ENDED]})

    with pytest.raises(UnmetError, match="2 attempts, 1 rows"):
        balance(entries("e", "e"), [row("e", code=None)], {"e": [ENDED]})


@pytest.mark.parametrize("code", [None, 200])
def test_half_answer_may_be_recorded_either_way(code: int | None) -> None:
    """An attempt that got half an answer may have its row with the code that it began with, or without one."""
    balance(entries(unanswered=1), [row("e", code)], {"e": [ENDED]})


@pytest.mark.parametrize(
    ("known", "rows", "runs", "seen"),
    [
        (entries(), [row("e")], [ENDED], "0 attempts, 1 rows"),
        (entries("e"), [], [ENDED], "1 attempts, 0 rows"),
        (entries("e", unanswered=1), [row("e")] * 3, [ENDED], "1 attempts, 3 rows"),
        (entries("e", "e"), [row("e")], [ENDED], "2 attempts, 1 rows"),
        (entries("e", expected=2), [row("e")], [ENDED], "e → webhook 2"),
        (entries("e"), [row("e")], [], "no ended run: e"),
        (entries("e"), [row("e")], [Run(id="run", slug="dispatcher", status="RUNNING")], "no ended run: e"),
    ],
)
def test_imbalance_is_named(known: Entries, rows: list[Delivery], runs: list[Run], seen: str) -> None:
    """Each way in which the stores can disagree is found and named with its event."""
    with pytest.raises(UnmetError, match=seen):
        balance(known, rows, {"e": runs})


def test_forgotten_event_is_judged_by_receiver_and_rows_alone() -> None:
    """An event that Inngest forgot needs no run; its attempts and rows are still counted."""
    balance(entries("e"), [row("e")], {}, forgotten={"e"})

    with pytest.raises(UnmetError, match="0 attempts, 1 rows"):
        balance(entries(), [row("e")], {}, forgotten={"e"})


def test_webhook_that_leads_elsewhere_is_judged_by_its_rows_alone() -> None:
    """What arrives where no receiver of the suite is can't be counted; that it was recorded can."""
    known = replace(entries("e", expected=2), elsewhere=frozenset({2}))

    balance(known, [row("e"), row("e", webhook_id=2)], {"e": [ENDED]})

    with pytest.raises(UnmetError, match="e → webhook 2"):
        balance(known, [row("e")], {"e": [ENDED]})


def test_ledger_knows_where_webhooks_lead_and_which_are_gone(tmp_path: Path) -> None:
    """Attempts at deleted webhooks, or elsewhere, are not counted; an endpoint that has gone is to get no more."""
    with closing(Ledger(tmp_path, "main")) as ledger:
        for each in (webhook(1), webhook(2, url="https://elsewhere/2"), webhook(3), webhook(4)):
            ledger.webhook(each)
        ledger.published(journey("e", at=0))
        ledger.arrived(attempt("/3", status=410))
        ledger.webhook_gone(4)
        for path in ("/1", "/2", "/4"):
            ledger.arrived(attempt(path))
        ledger.published(journey("later", at=1))

    read = Entries.read(tmp_path)

    assert read.expected == {"e": frozenset({1, 2, 3}), "later": frozenset({1, 2})}
    assert (read.answered["e"], read.elsewhere) == (2, frozenset({2}))


def webhook(webhook_id: int, url: str = "http://receiver") -> Webhook:
    """Return a webhook of the default tenant, which leads to the receiver or elsewhere."""
    path = f"/{webhook_id}"
    receiver = cast("Receiver", SimpleNamespace(url=lambda path: f"http://receiver{path}"))
    plain = {"name": path, "tenant": "default", "event_type": "*", "enabled": True, "path": path, "secret": "s"}
    return Webhook(id=webhook_id, url=f"{url}{path}", receiver=receiver, **plain)  # type: ignore[arg-type] # of several types


def attempt(path: str, status: int = 200) -> Attempt:
    """Return an answered attempt for the event `e`."""
    at = {"at": 0.0, "monotonic": 0.0}
    return Attempt(number=1, **at, method="POST", target=path, headers=(), body=b'{"id": "e"}', status=status)


def test_events_before_a_stop_of_inngest_are_told_from_later_ones(tmp_path: Path) -> None:
    """Whatever process stopped Inngest, what any process published before that is known."""
    with closing(Ledger(tmp_path, "gw0")) as first, closing(Ledger(tmp_path, "gw1")) as second:
        first.published(journey("before", at=time.time() - 1))
        second.inngest_stopped()
        first.published(journey("after", at=time.time() + 1))

    read = Entries.read(tmp_path)

    assert read.before_stop == {"before"}
    assert read.expected.keys() == {"before", "after"}


def journey(event_id: str, *, at: float) -> Journey:
    """Return the journey of an event that was accepted."""
    reply = Reply(status=200, ids=(f"inngest-{event_id}",), error=None)
    return Journey({"name": "policy/bound", "id": event_id}, reply, cast("Sources", None), at=at)
