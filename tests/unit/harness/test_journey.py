"""A journey waits as long as it must, follows its own event alone, and says at which hop it was lost."""

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.clients.inngest import InngestClient
from harness.clients.inngest_answers import Reply, Run
from harness.clients.rows import Delivery, Rows
from harness.errors import UnmetError
from harness.journey import Journey, Sources, publish_batch
from harness.receiver.attempts import Attempt
from harness.receiver.receiver import Receiver
from harness.webhooks import Webhook

SLUG = "app-dispatcher"
EVENT = {"id": "evt-1", "name": "policy/bound", "data": {"tenantId": "t1"}}
WITHIN = 0.1


class Inngest:
    """An Inngest whose runs are others at each look; the last look repeats."""

    def __init__(self, *looks: Sequence[Run]) -> None:
        self._looks = [*looks] or [()]

    def event(self, _: str) -> dict[str, Any]:
        return dict(EVENT)

    def runs_of(self, _: str) -> tuple[Run, ...]:
        return tuple(self._looks.pop(0) if len(self._looks) > 1 else self._looks[0])

    def run(self, run_id: str) -> Run:
        return Run(id=run_id, slug=SLUG, status="COMPLETED", output="done")

    def settled_run(self, run_id: str, *, within: float) -> Run:  # noqa: ARG002 - nothing here is late
        return self.run(run_id)

    def functions(self) -> tuple[()]:
        return ()

    def send(self, _: object) -> Reply:
        return Reply(status=200, ids=("01",), error=None)


def run(status: str, slug: str = SLUG) -> Run:
    """Return a run of a function."""
    return Run(id=f"run-of-{slug}", slug=slug, status=status)


def row(status: str) -> Delivery:
    """Return the row of an attempt."""
    nothing: dict[str, Any] = dict.fromkeys(("status_code", "response_body", "error_message", "delivered_at"))
    names = {"delivery_id": 1, "webhook_id": 7, "event_id": "evt-1", "event_type": "policy/bound"}
    return Delivery(**nothing, **names, status=status, attempt_number=1)  # type: ignore[arg-type] # names of several types


def attempt(event_id: str) -> Attempt:
    """Return an answered attempt for an event."""
    body = b'{"id": "%s"}' % event_id.encode()
    at = {"at": 0.0, "monotonic": 0.0}
    return Attempt(number=1, **at, method="POST", target="/7", headers=(), body=body, status=200)


def webhook(*attempts: Attempt) -> Webhook:
    """Return a webhook at which these attempts arrived."""
    return cast("Webhook", SimpleNamespace(id=7, attempts=attempts))


def sources(inngest: Inngest, rows: Sequence[Sequence[Delivery]] = ((),), *, scale: float = 1.0) -> Sources:
    """Return where a journey looks: a receiver that gets no more, and rows that are others at each look."""
    receiver = SimpleNamespace(wait_for=lambda accept, within: bool(within and accept(())), attempts=lambda: ())
    looks = [*rows]
    table = SimpleNamespace(deliveries=lambda **_: tuple(looks.pop(0) if len(looks) > 1 else looks[0]))
    return Sources(
        inngest=cast("InngestClient", inngest),
        receiver=cast("Receiver", receiver),
        rows=cast("Rows", table),
        slug=SLUG,
        within=lambda seconds: seconds * scale,
    )


def journey(where: Sources) -> Journey:
    """Return the journey of an accepted event."""
    return Journey(EVENT, Reply(status=200, ids=("01",), error=None), where, at=0)


def test_start_of_the_dispatchers_own_run_is_waited_for() -> None:
    """A run of another function is no start, and the dispatcher's may come at a later look."""
    other, own = run("COMPLETED", "app-other"), run("RUNNING")

    assert journey(sources(Inngest([], [other], [other, own]))).starts(WITHIN) == own


def test_run_that_never_starts_is_lost_at_that_hop() -> None:
    """Without a run the promise is broken at "run started", and the registration says why."""
    with pytest.raises(UnmetError, match="app-dispatcher is not registered") as caught:
        journey(sources(Inngest([run("COMPLETED", "app-other")]))).starts(WITHIN)

    assert caught.value.hop == "run started"


def test_refused_event_is_lost_before_its_run() -> None:
    """An event that was not accepted is lost when it is published, whatever is waited for."""
    refused = Journey(EVENT, Reply(status=400, ids=(), error="no"), sources(Inngest([run("RUNNING")])), at=0)

    with pytest.raises(UnmetError) as caught:
        refused.starts(WITHIN)
    assert caught.value.hop == "published"


def test_attempt_without_an_answer_is_told_in_words() -> None:
    """An attempt that got no answer is told as that, and so is its row."""
    receiver = SimpleNamespace(attempts=lambda: (replace(attempt("evt-1"), status=None),))
    where = replace(sources(Inngest(), [[row("retrying")]]), receiver=cast("Receiver", receiver))

    story = journey(where).story()

    assert "7 [unanswered after 0 ms]" in story
    assert "webhook 7 [#1 retrying without a code]" in story


@pytest.mark.parametrize("status", ["COMPLETED", "FAILED", "CANCELLED"])
def test_end_of_the_run_is_waited_for(status: str) -> None:
    """A run is over at whatever end, is read again with its output, and not before all of them are over."""
    looks = [[run("RUNNING")], [run(status), run("RUNNING")], [], [run(status)]]
    followed = journey(sources(Inngest(*looks)))

    assert followed.ends(WITHIN).output == "done"
    assert followed.runs() == (run(status),)


def test_run_that_never_ends_is_lost_at_the_delivery() -> None:
    """A run that goes on has not delivered."""
    with pytest.raises(UnmetError, match="to end within") as caught:
        journey(sources(Inngest([run("RUNNING")]))).ends(WITHIN)

    assert caught.value.hop == "delivered"


def test_wait_scale_multiplies_the_deadline() -> None:
    """A run that comes too late on an ordinary machine is in time on one that is said to be slow."""
    late = [*[()] * 5, [run("RUNNING")]]

    assert journey(sources(Inngest(*late), scale=100)).starts(0.02) == run("RUNNING")
    assert journey(sources(Inngest(), scale=100)).within(0.02) == 2
    with pytest.raises(UnmetError, match=r"within 0\.02 s"):
        journey(sources(Inngest(*late))).starts(0.02)


def test_arrivals_of_other_events_do_not_count() -> None:
    """Only attempts for the journey's own event are waited for, counted and returned."""
    followed, target = journey(sources(Inngest())), webhook(attempt("evt-2"), attempt("evt-1"))

    assert followed.arrives(target) == (attempt("evt-1"),)
    with pytest.raises(UnmetError, match=r"2 attempt\(s\) of policy/bound evt-1 at webhook 7"):
        followed.arrives(target, times=2)


def test_rows_are_waited_for_until_the_last_is_final() -> None:
    """There must be as many rows as attempts, and the last must not say retrying."""
    looks = [[], [row("retrying")], [row("failed")]]

    assert journey(sources(Inngest(), looks)).rows(webhook(attempt("evt-1")), within=WITHIN) == (row("failed"),)


def test_rows_that_stay_away_are_no_error_of_the_journey() -> None:
    """When the time is over what there is is returned, for the test to judge."""
    followed = journey(sources(Inngest(), [[row("retrying")]]))

    assert followed.rows(webhook(), count=2, within=0) == (row("retrying"),)


def test_event_of_a_batch_that_got_no_id_has_none() -> None:
    """When Inngest returns fewer ids than events, those without one are not taken for others."""
    journeys = publish_batch([EVENT, {**EVENT, "id": "evt-2"}], sources(Inngest()))

    assert [(each.id, each.inngest_id) for each in journeys] == [("evt-1", "01"), ("evt-2", "")]
