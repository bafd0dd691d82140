"""The oracle self-test: before judging others, the suite judges itself.

Known-bad captures are fed to the judges in this very environment, over the real receiver and the real database; each
must be rejected. A harness that accepts one of them cannot bless a deploy.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial

import httpx

from harness.clients.inngest_answers import Run
from harness.clients.rows import Delivery, Rows
from harness.errors import HarnessError, SetupError, UnmetError
from harness.judges.records import agree
from harness.judges.signatures import verify_beema
from harness.ledger import Entries, balance
from harness.receiver.attempts import Attempt
from harness.receiver.receiver import Receiver
from harness.targets import Signature

SECRET = "self-test-secret"  # noqa: S105 - signs nothing but these captures
PATH, EVENT = "/self-test", "self/test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One capture put before a judge; `good` says whether it must be accepted."""

    name: str
    judge: Callable[[], None]
    good: bool = False


def self_test(rows: Rows, tenant: str, form: Signature) -> tuple[int, int]:
    """Try every judge on good captures and on bad ones.

    Args:
        rows: The database that the dispatcher writes to.
        tenant: Nobody else's; a row of it is written, and removed again.
        form: How the target signs.

    Returns:
        How many of how many checks came out as they must: always all of them.

    Raises:
        HarnessError: A judge rejected a good capture or accepted a bad one.
    """
    event_id = f"self-test-{secrets.token_hex(8)}"
    row = _row(event_id, rows, tenant)
    with _capture(event_id, form) as attempt:
        checks = [*_of_signatures(attempt, form), *_of_rows(attempt, row), *_of_ledgers(event_id, row)]
    for check in checks:
        _must(check)
    return len(checks), len(checks)


def _of_signatures(attempt: Attempt, form: Signature) -> list[Check]:
    flipped = bytes([attempt.body[0] ^ 1]) + attempt.body[1:]
    unsigned = tuple(header for header in attempt.headers if header[0].lower() != form.header.lower())
    verify = partial(verify_beema, form=form)
    return [
        Check(name="a right signature", judge=lambda: verify(attempt.headers, attempt.body, SECRET), good=True),
        Check(name="a wrong secret", judge=lambda: verify(attempt.headers, attempt.body, "another")),
        Check(name="one flipped bit", judge=lambda: verify(attempt.headers, flipped, SECRET)),
        Check(name="no signature", judge=lambda: verify(unsigned, attempt.body, SECRET)),
    ]


def _of_rows(attempt: Attempt, row: Delivery) -> list[Check]:
    refused = replace(attempt, status=500)
    return [
        Check(name="a right row", judge=lambda: agree([attempt], [row]), good=True),
        Check(name="a missing row", judge=lambda: agree([attempt], [])),
        Check(name="a duplicate row", judge=lambda: agree([attempt], [row, row])),
        Check(name="success for a 500", judge=lambda: agree([refused], [row])),
    ]


def _of_ledgers(event_id: str, row: Delivery) -> list[Check]:
    whole = Entries(
        expected={event_id: frozenset({row.webhook_id})},
        inngest_ids={event_id: ()},
        answered=Counter([event_id]),
        unanswered=Counter(),
    )
    lost = replace(whole, expected={event_id: frozenset({row.webhook_id, row.webhook_id + 1})})
    runs = {event_id: [Run(id="self-test", slug="self-test", status="COMPLETED")]}
    return [
        Check(name="a right ledger", judge=lambda: balance(whole, [row], runs), good=True),
        Check(name="a lost delivery", judge=lambda: balance(lost, [row], runs)),
    ]


def _must(check: Check) -> None:
    try:
        check.judge()
        accepted = True
    except UnmetError:
        accepted = False
    if accepted is not check.good:
        raise HarnessError(
            f"the suite's own judges to {'accept' if check.good else 'reject'} {check.name}.",
            f"they {'accept' if accepted else 'reject'} it.",
            "do not trust this run; report the defect of the suite.",
        )


@contextmanager
def _capture(event_id: str, form: Signature) -> Iterator[Attempt]:
    """Send a well-signed request to a receiver, and give what the receiver kept of it."""
    body = json.dumps({"id": event_id, "event": EVENT, "data": {"é": 1}}, ensure_ascii=False).encode()
    mac = hmac.new(SECRET.encode(), body, hashlib.sha256).digest()
    signature = mac.hex() if form.encoding == "hex" else base64.b64encode(mac).decode()
    with closing(Receiver()) as receiver:
        receiver.start()
        receiver.script(PATH, [200])
        headers = {form.header: f"{form.prefix}{signature}"}
        httpx.post(receiver.url(PATH), content=body, headers=headers, trust_env=False)
        yield receiver.attempts(PATH)[0]


def _row(event_id: str, rows: Rows, tenant: str) -> Delivery:
    """Return the row of that request as the database gives it back; as it should, where the tables can't hold one."""
    try:
        return _recorded(event_id, rows, tenant)
    except SetupError:  # PLAT-03 judges the tables
        return Delivery(
            delivery_id=1,
            webhook_id=1,
            event_id=event_id,
            event_type=EVENT,
            status="success",
            status_code=200,
            response_body=None,
            error_message=None,
            attempt_number=1,
            delivered_at=None,
        )


def _recorded(event_id: str, rows: Rows, tenant: str) -> Delivery:
    """Write a row into the database, and return what can be read of it; nothing of it is left there."""
    webhook_id = rows.create_webhook(
        webhook_name=event_id,
        tenant_id=tenant,
        event_type=EVENT,
        url="http://127.0.0.1:9/",
        secret=SECRET,
        enabled=False,
    )
    try:
        rows.record(webhook_id, event_id=event_id, event_type=EVENT, status="success", status_code=200)
        return rows.deliveries(event_id=event_id)[0]
    finally:
        rows.delete_webhook(webhook_id)
