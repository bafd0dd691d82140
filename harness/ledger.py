"""The ledger: what a session published, what arrived, and whether the three stores agree on it.

Each process of a run appends what it did to a file of its own; whoever balances reads them all. *Published =
delivered + failed + filtered*, joined over the receiver (R), the rows (D) and Inngest (I).
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harness.clients.inngest_answers import Run
from harness.clients.rows import Delivery
from harness.errors import UnmetError, shortened
from harness.journey import Journey
from harness.receiver.attempts import Attempt
from harness.webhooks import Webhook

Pair = tuple[str, int]
"""An event (its id) and a webhook."""


class Ledger:
    """Writes one process's entries down as they happen."""

    def __init__(self, folder: Path, process: str) -> None:
        self._file = (folder / f"ledger-{process}.jsonl").open("a", encoding="utf-8")
        self._lock = threading.Lock()
        self._webhooks: dict[int, Webhook] = {}

    def webhook(self, webhook: Webhook) -> None:
        """Note a webhook as it is from now on; where it leads elsewhere, nobody here sees what arrives."""
        self._webhooks[webhook.id] = webhook
        if urlsplit(webhook.url)[:2] != urlsplit(webhook.receiver.url(webhook.path))[:2]:
            self._write({"elsewhere": webhook.id, "path": webhook.path})

    def webhook_gone(self, webhook_id: int) -> None:
        """Note that a webhook was deleted, and its rows with it."""
        webhook = self._webhooks.pop(webhook_id)
        self._write({"gone": webhook_id, "path": webhook.path})

    def published(self, journey: Journey) -> None:
        """Note a publication, the first or a further one under its id, and whom it must reach by the contract."""
        expected = [webhook.id for webhook in [*self._webhooks.values()] if matches(webhook, journey.event)]
        entry = {"published": journey.id, "inngest_ids": journey.inngest_ids, "expected": expected, "at": journey.at}
        self._write(entry)

    def inngest_stopped(self) -> None:
        """Note that Inngest is stopped now: it may have forgotten what it stored when it comes back."""
        self._write({"stopped": time.time()})

    def arrived(self, attempt: Attempt) -> None:
        """Note an attempt that is over; one without an answer can look like anything to the one who sent it."""
        answered = attempt.status is not None
        if attempt.status == HTTPStatus.GONE:
            self._disable(attempt.path)
        self._write({"arrived": attempt.event_id, "path": attempt.path, "answered": answered})

    def _disable(self, path: str) -> None:
        """Expect no more for the webhooks of a path: an endpoint that says it has gone is disabled (RET-09)."""
        for webhook in [each for each in [*self._webhooks.values()] if each.path == path]:
            self._webhooks[webhook.id] = replace(webhook, enabled=False)

    def close(self) -> None:
        self._file.close()

    def _write(self, entry: Mapping[str, Any]) -> None:
        with self._lock:
            self._file.write(json.dumps(entry) + "\n")
            self._file.flush()


class NoLedger:
    """Takes no notes: what happens beside the session's own stack, or before it is judged, is not in the balance."""

    def webhook(self, webhook: Webhook) -> None: ...

    def webhook_gone(self, webhook_id: int) -> None: ...

    def published(self, journey: Journey) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """All that the processes of a run wrote down.

    Attributes:
        expected: By event id: the webhooks that it must reach.
        inngest_ids: By event id: Inngest's own ids, one a publication.
        answered: By event id: how many attempts were answered.
        unanswered: By event id: how many were not, or not whole.
        gone: The webhooks that the suite deleted itself.
        elsewhere: The webhooks that led, for some time at least, to where the suite's receivers see nothing.
        before_stop: The events published before Inngest was last stopped.
    """

    expected: Mapping[str, frozenset[int]]
    inngest_ids: Mapping[str, tuple[str, ...]]
    answered: Counter[str] = field(repr=False)
    unanswered: Counter[str] = field(repr=False)
    gone: frozenset[int] = frozenset()
    elsewhere: frozenset[int] = frozenset()
    before_stop: frozenset[str] = frozenset()

    @classmethod
    def read(cls, folder: Path) -> "Entries":
        """Read every process's entries; what Inngest refused was never published, what was deleted left no row."""
        entries = [json.loads(line) for file in folder.glob("ledger-*.jsonl") for line in file.read_text().splitlines()]
        published = [each for each in entries if each.get("inngest_ids")]
        stopped = max((each["stopped"] for each in entries if "stopped" in each), default=0.0)
        gone = {each["gone"] for each in entries if "gone" in each}
        elsewhere = {each["elsewhere"] for each in entries if "elsewhere" in each}
        left_out = {each["path"] for each in entries if "gone" in each or "elsewhere" in each}
        arrivals = [each for each in entries if "arrived" in each and each["path"] not in left_out]
        return cls(
            expected={each["published"]: frozenset(each["expected"]) - gone for each in published},
            inngest_ids={each["published"]: tuple(each["inngest_ids"]) for each in published},
            answered=Counter(each["arrived"] for each in arrivals if each["answered"]),
            unanswered=Counter(each["arrived"] for each in arrivals if not each["answered"]),
            gone=frozenset(gone),
            elsewhere=frozenset(elsewhere),
            before_stop=frozenset(each["published"] for each in published if each["at"] < stopped),
        )


def matches(webhook: Webhook, event: Mapping[str, Any]) -> bool:
    """Tell whether the contract wants `event` delivered to `webhook` (MAT-01, MAT-05)."""
    tenant = (event.get("data") or {}).get("tenantId", "default")
    wanted = webhook.event_type in ("*", event["name"])
    return webhook.enabled and wanted and isinstance(tenant, str) and tenant != "" and tenant == webhook.tenant


def balance(
    entries: Entries,
    rows: Sequence[Delivery],
    runs: Mapping[str, Iterable[Run]],
    *,
    forgotten: Collection[str] = frozenset(),
) -> None:
    """Check that nothing was lost and nothing came from nowhere.

    Args:
        entries: What the suite published and what its receivers saw.
        rows: The rows of those events.
        runs: The dispatcher's runs by event id.
        forgotten: Events that went with Inngest's store, which a test emptied; receiver and rows still tell of them.

    Raises:
        UnmetError: The stores disagree; the text names the first events of each imbalance.
    """
    imbalances = [
        _unequal("more or fewer rows than attempts", entries, rows),
        _lost("expected and not recorded", entries, rows),
        _unended("no ended run", entries.expected.keys() - {*forgotten}, runs),
    ]
    if found := [text for text in imbalances if text]:
        seen = f"{'; '.join(found)}."
        advice = "take the first event and follow it: run, attempts, rows."
        raise UnmetError("published = delivered + failed + filtered.", seen, advice, hop="recorded")


def _unequal(what: str, entries: Entries, rows: Sequence[Delivery]) -> str:
    """Attempts and rows differ in number.

    A half answer may be recorded with the code that it began with, and a whole one without: on a busy machine it may
    come when the dispatcher has just given up.
    """
    seen = [row for row in rows if row.webhook_id not in entries.elsewhere]
    recorded = Counter(row.event_id for row in seen if row.status_code is not None)
    at_all = Counter(row.event_id for row in seen)
    wrong = [
        event
        for event in entries.expected
        if recorded[event] > entries.answered[event] + entries.unanswered[event]
        or at_all[event] < entries.answered[event]
    ]
    return _list(what, [f"{event} ({entries.answered[event]} attempts, {at_all[event]} rows)" for event in wrong])


def _lost(what: str, entries: Entries, rows: Sequence[Delivery]) -> str:
    seen: set[Pair] = {(row.event_id, row.webhook_id) for row in rows}
    wanted = {(event, webhook) for event, webhooks in entries.expected.items() for webhook in webhooks}
    return _list(what, [f"{event} → webhook {webhook}" for event, webhook in sorted(wanted - seen)])


def _unended(what: str, events: Iterable[str], runs: Mapping[str, Iterable[Run]]) -> str:
    return _list(what, [event for event in sorted(events) if not any(run.ended for run in runs.get(event, ()))])


def _list(what: str, items: Sequence[str]) -> str:
    return f"{what}: {shortened(items, separator=', ')}" if items else ""
