"""The judge of matching: only "exactly these webhooks, each once" passes, and every other case is named."""

import dataclasses
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import cast

import pytest

from harness.clients.inngest_answers import Reply
from harness.errors import Inconclusive, UnmetError
from harness.journey import Journey, Sources
from harness.judges.arrivals import must_reach
from harness.judges.signatures import Signatures
from harness.receiver.attempts import Attempt
from harness.receiver.receiver import Receiver
from harness.webhooks import Webhook

JOURNEY = Journey(
    {"name": "policy/bound", "id": "evt-1", "data": {}},
    Reply(status=200, ids=("01",), error=None),
    cast("Sources", SimpleNamespace(within=float)),
    at=0,
)


def attempt(event_id: str = "evt-1", *, status: int | None = 200, secret: str = "") -> Attempt:
    """Return a request about an event, signed with a secret."""
    body = json.dumps({"id": event_id}).encode()
    signature = hmac.digest(secret.encode(), body, hashlib.sha256).hex()
    return Attempt(
        number=1,
        at=0,
        monotonic=0,
        method="POST",
        target="/hook",
        headers=(("X-Beema-Signature", f"sha256={signature}"),),
        body=body,
        status=status,
    )


def webhook(*attempts: Attempt, secret: str = "") -> Webhook:
    """Return a webhook that these requests reached."""
    return Webhook(
        id=1,
        name="hook",
        tenant="t",
        event_type="*",
        enabled=True,
        url="http://receiver/hook",
        path="/hook",
        secret=secret,
        receiver=cast("Receiver", SimpleNamespace(attempts=lambda _: attempts, wait_for=lambda _, within: within == 0)),
    )


def test_exact_arrivals_pass() -> None:
    """An event that reached the named webhooks once each passes, whatever other events reached them."""
    webhooks = {"wanted": webhook(attempt(), attempt("evt-2")), "other": webhook(attempt("evt-2"))}

    must_reach(JOURNEY, webhooks, ["wanted"])


@pytest.mark.parametrize(
    ("wanted", "other", "seen"),
    [
        ([], [], "'wanted' missed it."),
        ([attempt(), attempt()], [], "'wanted' answered 200, 200."),
        ([attempt(status=500)], [], "'wanted' answered 500."),
        ([attempt()], [attempt()], "'other' answered 200."),
        ([], [attempt(status=None)], "'wanted' missed it; 'other' answered None."),
    ],
)
def test_every_other_arrival_is_named(wanted: Sequence[Attempt], other: Sequence[Attempt], seen: str) -> None:
    """A webhook that missed an event, got it again or should not have got it is named with what it answered."""
    with pytest.raises(UnmetError) as caught:
        must_reach(JOURNEY, {"wanted": webhook(*wanted), "other": webhook(*other)}, ["wanted"])

    assert (caught.value.seen, caught.value.hop) == (seen, "delivered")


def test_long_lists_are_cut() -> None:
    """Of fifty webhooks that missed an event the message names five, and counts the others."""
    missed = {f"webhook {n}": webhook() for n in range(50)}

    with pytest.raises(UnmetError, match="'webhook 4' missed it and 45 more") as caught:
        must_reach(JOURNEY, missed, missed)

    assert "webhook 5'" not in caught.value.seen


def test_signer_is_the_webhook_whose_secret_was_used() -> None:
    """Among webhooks with one URL the signer is told by its secret; one of nobody tells nothing of matching."""
    pair = {"first": webhook(secret="one"), "second": webhook(secret="two")}

    assert Signatures().signers(attempt(secret="two"), pair) == ["second"]
    with pytest.raises(Inconclusive, match="see SIG-01"):
        Signatures().signers(attempt(secret="three"), pair)


def test_late_arrival_is_waited_for() -> None:
    """A delivery that comes only after the dispatcher's run has ended still counts."""
    arrived: list[Attempt] = []

    def wait_for(accept: Callable[[object], object], *, within: float) -> bool:
        arrived.append(attempt())
        return within > 0 and bool(accept(None))

    receiver = cast("Receiver", SimpleNamespace(attempts=lambda _: tuple(arrived), wait_for=wait_for))

    must_reach(JOURNEY, {"late": dataclasses.replace(webhook(), receiver=receiver)}, ["late"])
