"""What was seen of a broken hop becomes causes, the best explained first, and a symptom that has a page."""

from dataclasses import replace

import pytest

from harness.clients.inngest_answers import App, Function, Reply, Run
from harness.clients.rows import Delivery
from harness.diagnosis import Facts, Symptom, Weight, causes, symptom, symptom_of

SLUG, OTHER = "app-dispatcher", "app-other"
NOBODY = Facts(hop="run started", slug=SLUG, engine="http://inngest", event="policy/bound", functions=())
UNREACHABLE = App(name="app", url="http://app", connected=False, error="unreachable")
RUN = Run(id="run-1", slug=SLUG, status="COMPLETED", output={"webhooksCount": 0})
DELIVERED = replace(NOBODY, hop="delivered", runs=(RUN,))
RECORDED = replace(DELIVERED, hop="recorded", arrived=2)


def function(slug: str, *, connected: bool = True) -> Function:
    """Return a registered function."""
    app = {"app": "app", "app_url": "http://app", "connected": connected, "app_error": None}
    return Function(id="1", slug=slug, name=slug, triggers=("*",), config={}, **app)  # type: ignore[arg-type] # of several types


def row(status: str, error: str | None = None) -> Delivery:
    """Return the row of an attempt."""
    nothing = {"response_body": None, "delivered_at": None}
    names = {"delivery_id": 1, "webhook_id": 7, "event_id": "e", "event_type": "policy/bound", "attempt_number": 1}
    code = 200 if status == "success" else None
    return Delivery(**names, **nothing, status=status, status_code=code, error_message=error)  # type: ignore[arg-type] # of several types


KNOWN = replace(NOBODY, functions=(function(SLUG),), why_no_run="none matches policy/bound. Name every event.")


@pytest.mark.parametrize(
    ("facts", "first", "named"),
    [
        (replace(NOBODY, silent={"dispatcher": "http://gone"}), "nothing listens at http://gone", Symptom.REFUSED),
        (replace(NOBODY, complaints={"dispatcher": "refused"}), "the dispatcher's log says: refused", Symptom.REFUSED),
        (replace(NOBODY, apps=(UNREACHABLE,)), "Inngest has app app at http://app", Symptom.REFUSED),
        (replace(NOBODY, apps=(replace(UNREACHABLE, error="404"),)), "Inngest has app", Symptom.FUNCTIONS),
        (replace(NOBODY, functions=(function(OTHER),)), "Inngest knows app-other, and no app-d", Symptom.FUNCTIONS),
        (NOBODY, "Inngest knows no function at all → sync it", Symptom.FUNCTIONS),
        (KNOWN, "none matches policy/bound → name every event", Symptom.FUNCTIONS),
        (replace(KNOWN, fires=True), "a trigger matches policy/bound, and no run", Symptom.FUNCTIONS),
        (
            replace(KNOWN, fires=True, functions=(function(SLUG, connected=False),)),
            "Inngest says of the app at http://app: not connected",
            Symptom.FUNCTIONS,
        ),
        (
            replace(NOBODY, hop="published", reply=Reply(status=401, ids=(), error="bad key")),
            "Inngest answered 401: bad key",
            Symptom.EVENTS,
        ),
        (replace(NOBODY, hop="stored"), "Inngest at http://inngest does not have the event", Symptom.EVENTS),
        (replace(DELIVERED, runs=(replace(RUN, status="RUNNING"),)), "run run-1 is still RUNNING", Symptom.WEBHOOKS),
        (replace(DELIVERED, runs=(replace(RUN, status="FAILED"),)), "run run-1 ended as FAILED", Symptom.WEBHOOKS),
        (DELIVERED, "the run ended well, without a request and without a row", Symptom.WEBHOOKS),
        (replace(DELIVERED, rows=(row("failed", "no route"),)), "the dispatcher tried, and rec", Symptom.WEBHOOKS),
        (replace(DELIVERED, rows=(row("success"),)), "the dispatcher recorded a success", Symptom.WEBHOOKS),
        (RECORDED, "2 request(s) arrived, and there is no row", Symptom.WEBHOOKS),
    ],
)
def test_evidence_leads_to_its_cause(facts: Facts, first: str, named: Symptom) -> None:
    """Each sort of evidence is told as the first cause, with what to do, under the symptom that people know."""
    likely = causes(facts)

    assert str(likely[0]).startswith(first)
    assert symptom(facts, likely) is named


def test_cause_that_explains_comes_first() -> None:
    """What explains the hop by itself stands before what is only possible, in whatever order it was found."""
    likely = causes(replace(RECORDED, runs=(replace(RUN, status="RUNNING"), replace(RUN, status="FAILED"))))

    assert [cause.weight for cause in likely] == [Weight.EXPLAINS, Weight.LIKELY, Weight.LIKELY]


def test_long_evidence_is_cut_when_it_is_told() -> None:
    """Evidence stays whole until it is told, so that a secret in it can still be hidden, and is then cut."""
    [cause] = causes(replace(DELIVERED, rows=(row("failed", "x" * 1000),)))

    assert "x" * 1000 in cause.seen
    assert len(str(cause)) < 500


@pytest.mark.parametrize(
    "facts",
    [
        replace(DELIVERED, arrived=1),
        replace(RECORDED, rows=(row("success"),)),
        replace(NOBODY, runs=(RUN,), silent={"kernel": "http://gone"}),
        replace(KNOWN, hop="registered"),
    ],
)
def test_hop_that_was_passed_has_no_cause(facts: Facts) -> None:
    """Where the event came through and only what it looked like is wrong, nothing is said of what stopped it."""
    assert (causes(facts), symptom(facts, [])) == ([], None)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Expected: port 8288 of 127.0.0.1 to be free for the engine.", Symptom.CONTAINER),
        ("Expected: dispatcher to be ready at http://x within 20 s.\nSeen: connection refused", Symptom.CONTAINER),
        ("Expected: the dispatcher to reach the receiver at http://x.", Symptom.WEBHOOKS),
        ("Expected: the canary to start a run.\nSeen: none.", Symptom.FUNCTIONS),
        ("Expected: Inngest to answer GET /x.\nSeen: no answer from http://x: [Errno 111]", Symptom.REFUSED),
        ("Expected: Inngest to be there.\nSeen: it is gone: nothing answers at http://x.", Symptom.REFUSED),
        ("Expected: a way to stop inngest.\nSeen: the target names none.", None),
    ],
)
def test_error_that_ends_a_run_is_recognised(text: str, named: Symptom | None) -> None:
    """An error that no hop belongs to is recognised by its words, and one that is no symptom is none."""
    assert symptom_of(text) is named
