"""The judge of back-offs: what is early, what is late, and what a server's rounding excuses."""

from collections.abc import Sequence
from typing import Any
from unittest.mock import Mock

import pytest

from harness.clients.inngest_answers import Reply
from harness.errors import UnmetError
from harness.journey import Journey, Sources
from harness.judges.gaps import Gap, backoffs, must_keep, not_before
from harness.receiver.attempts import Attempt
from harness.webhooks import Webhook


class PastReceiver:
    """A receiver to which attempts have come at some moments, and no further ones come."""

    def __init__(self, moments: Sequence[float]) -> None:
        self._attempts = tuple(
            Attempt(
                number=number,
                at=moment,
                monotonic=moment,
                method="POST",
                target="/a",
                headers=(),
                body=b'{"id": "evt-1"}',
                status=500,
            )
            for number, moment in enumerate(moments, start=1)
        )

    def attempts(self, _: str | None = None) -> tuple[Attempt, ...]:
        return self._attempts

    def wait_for(self, accept: Any, *, within: float) -> bool:
        del within
        return bool(accept(self._attempts))


def judge(moments: Sequence[float], gaps: Sequence[Gap], *, published: float | None = None) -> None:
    """Judge attempts at some moments; the event was published as the first one came, or before."""
    receiver: Any = PastReceiver(moments)
    sources = Sources(inngest=Mock(), receiver=receiver, rows=Mock(), slug="app-function")
    reply = Reply(status=200, ids=("id",), error=None)
    journey = Journey({"name": "n", "id": "evt-1"}, reply, sources, at=moments[0] if published is None else published)
    webhook = Webhook(
        id=1,
        name="w",
        tenant="t",
        event_type="*",
        enabled=True,
        url="http://x/a",
        path="/a",
        secret="s",
        receiver=receiver,
    )
    must_keep(journey, {"it": webhook}, {"it": gaps})


def test_doubling_gaps_are_kept() -> None:
    """Gaps of the back-off, its double and its fourfold pass, also with chance and a slow server."""
    gaps = backoffs(1000, 4, tick=0.5)

    judge([0, 1.0, 3.0, 7.0], gaps)
    judge([0, 1.6, 4.4, 9.6], gaps)


@pytest.mark.parametrize(
    ("moments", "seen"),
    [
        pytest.param([0, 0.001, 0.002], "'it' after 0.00 s", id="at once"),
        pytest.param([0, 1.0, 2.0], "'it' after 1.00 s, 1.00 s", id="never grows"),
        pytest.param([0, 2.0, 6.0], "'it' after 2.00 s", id="too slow"),
        pytest.param([0, 1.0], "'it' after 1.00 s, never", id="never comes"),
    ],
)
def test_wrong_gap_is_told(moments: list[float], seen: str) -> None:
    """An attempt that comes too early, too late or never fails at its hop, with the gaps that were seen."""
    with pytest.raises(UnmetError) as caught:
        judge(moments, backoffs(1000, 3, tick=0.5))

    assert caught.value.hop == "delivered"
    assert seen in caught.value.seen


def test_gap_of_whole_seconds_is_not_rounded_away() -> None:
    """A server that rounds to whole seconds may swallow up to half a second of another gap, and nothing of these."""
    quarter, whole = backoffs(250, 3, tick=0)[0], backoffs(2000, 2, tick=0)[0]

    assert (quarter.least, whole.least) == (0, 2.0)


def test_slow_first_attempt_gives_the_others_more_time() -> None:
    """What a busy machine takes for the first attempt, a later one may take as well."""
    gaps = [not_before(1, within=0.5)]

    judge([2.0, 5.0], gaps, published=0)
    with pytest.raises(UnmetError, match=r"after 3\.00 s"):
        judge([2.0, 5.0], gaps)
