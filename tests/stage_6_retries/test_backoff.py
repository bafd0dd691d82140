"""RET-06 to RET-08: when an event that failed is posted again."""

from datetime import UTC, datetime, timedelta

import pytest

from fixtures.journeys import Publish
from fixtures.stages import JOURNEYS
from harness.clients.rows import Rows
from harness.clients.sleeps import ends_of_sleeps
from harness.clocks import CLOCKS_APART, earliest_stamp
from harness.errors import Inconclusive, UnmetError
from harness.journey import ENDS_WITHIN, Journey, Sources
from harness.judges.gaps import ROUNDING, TICK, backoffs, must_keep, not_before
from harness.judges.outcomes import must_answer
from harness.ledger import NoLedger
from harness.receiver.answers import Answer, RetryAt, Script, Together
from harness.receiver.receiver import Receiver
from harness.settings import Settings
from harness.targets import Target
from harness.waiters import OutOfTimeError, until
from harness.webhooks import Webhook, Webhooks

AT_ONCE = 0.1
"""Seconds in which attempts count as simultaneous."""

CROWD, CROWDED = 20, 1350
"""How many attempts fail together, and the milliseconds of their back-off.

With its chance it lies around a second and a half: a server that rounds to whole seconds can't hide the chance.
"""

CHANCE = 0.2
"""By how much of itself a back-off may be longer."""

ASKED = 2
"""Seconds that a receiver asks for."""

SHORT = 20
"""Milliseconds of a back-off that makes no difference beside what a receiver asks for."""

GARBAGE = ("", "soon", "-5", "1e9", "0x10", "1 hour", "Fri, 31 Feb 2020 25:00:00 GMT", "Sun, 06 Nov 1994 08:49:37 GMT")
"""What asks for no time that is still to come."""

YEAR = 365 * 24 * 3600
YEARS: dict[str, Script] = {
    "policy/bound": Answer(503, headers=[("Retry-After", str(YEAR))]),
    "policy/renewed": RetryAt(status=429, seconds=YEAR),
    "claim/opened": Answer(429, headers=[("Retry-After", "9" * 20)]),
}
"""What asks for a year, a date in a year and for ever, each for an event of another name."""

TOO_LONG = timedelta(days=364)
"""A sleep that has not been cut down; the contract does not say to how much."""

SEEN_WITHIN = 5.0
"""Seconds in which the next attempt must come, or a sleep show in Inngest."""


@pytest.fixture
def unbalanced(
    request: pytest.FixtureRequest, sources: Sources, rows: Rows, receiver: Receiver, tenant: str
) -> tuple[Webhooks, Publish]:
    """Webhooks and events that are in no balance, since their runs may sleep when everything else has ended."""
    ledger = NoLedger()
    webhooks = Webhooks(rows=rows, receiver=receiver, tenant=tenant, listener=ledger)
    return webhooks, Publish(sources, tenant, ledger, request.node.stash[JOURNEYS])


@pytest.mark.requirement("RET-06")
def test_backoff_doubles(webhooks: Webhooks, publish: Publish, settings: Settings) -> None:
    """Before attempt k+1 lie at least backoffMs · 2^(k-1), and at most 20 % and a tick of the server more."""
    paces = {"policy/bound": (250, 4), "claim/opened": (3000, 2)}
    endpoints = {
        event: webhooks.create(event, answers=[500], retry_config={"maxAttempts": attempts, "backoffMs": backoff})
        for event, (backoff, attempts) in paces.items()
    }
    tick = settings.within(TICK)

    journeys = {
        event: publish(event) for event in paces
    }  # of one run, v1.43.0 may have the branches wait for each other

    for event, pace in paces.items():
        must_keep(journeys[event], {event: endpoints[event]}, {event: backoffs(*pace, tick=tick)})


@pytest.mark.requirement("RET-07")
def test_simultaneous_failures_do_not_return_at_once(webhooks: Webhooks, publish: Publish, target: Target) -> None:
    """Twenty attempts that failed at the same moment are not all repeated within 100 ms."""
    storm = Together(requests=CROWD, within=target.timeouts.attempt / 2)
    config = {"maxAttempts": 2, "backoffMs": CROWDED}
    crowd = [webhooks.create(answers=[storm, 200], retry_config=config) for _ in range(CROWD)]

    journey = publish()

    crowd[0].receiver.wait_for(
        lambda _: storm.missed or all(map(journey.attempts, crowd)), within=journey.within(ENDS_WITHIN)
    )
    if storm.missed:
        raise Inconclusive(
            f"{CROWD} attempts under way at the same time, to fail together.",
            f"they did not come together within {storm.within:g} s.",
            "see how many deliveries the dispatcher makes at a time; without many, it needs no jitter.",
        )
    attempts = [journey.arrives(webhook, times=2) for webhook in crowd]
    returns = [second.monotonic for _, second, *_ in attempts]
    apart = max(returns) - min(returns)
    waited = min(returns) - max(first.ended or first.monotonic for first, *_ in attempts)
    if apart <= AT_ONCE and waited > CROWDED / 1000 * (1 + CHANCE) + TICK:
        raise Inconclusive(
            f"the first of {CROWD} back-offs of {CROWDED} ms to be over in time, or chance can't show.",
            f"it took {waited:.2f} s: they all were due by then, and came from the queue together.",
            "see RET-06, or whether this machine is overloaded.",
        )
    if apart <= AT_ONCE:
        raise UnmetError(
            f"{CROWD} attempts that failed together to be repeated at different times.",
            f"all within {apart * 1000:.0f} ms.",
            "add up to 20 % of chance to each back-off.",
            hop="delivered",
        )


@pytest.mark.requirement("RET-08")
def test_retry_after_is_a_lower_bound(webhooks: Webhooks, publish: Publish, target: Target) -> None:
    """After a 429 or 503 that asks for time, in seconds or by date, the next attempt does not come before that."""
    ahead = ASKED + CLOCKS_APART.seconds * target.is_running
    asking: dict[str, Script] = {f"{code} seconds": _retry_after(code, str(ASKED)) for code in (429, 503)}
    asking |= {f"{code} date": RetryAt(status=code, seconds=ahead) for code in (429, 503)}
    endpoints = {name: webhooks.create(answers=[answer, 200], retry_config=_pace()) for name, answer in asking.items()}

    seconds, date = not_before(ASKED), not_before(ASKED - ROUNDING)
    must_keep(publish(), endpoints, {name: [date if "date" in name else seconds] for name in asking})


@pytest.mark.requirement("RET-08")
def test_useless_retry_after_is_ignored(webhooks: Webhooks, publish: Publish, settings: Settings) -> None:
    """A `Retry-After` that is garbage, negative or past changes nothing: the next attempt comes after the back-off."""
    endpoints = {
        f"{code} {value!r}": webhooks.create(answers=[_retry_after(code, value)], retry_config=_pace())
        for code, value in zip((429, 503) * len(GARBAGE), GARBAGE, strict=False)
    }
    ordinary = backoffs(SHORT, 2, tick=settings.within(TICK))

    journey = publish()

    must_keep(journey, endpoints, dict.fromkeys(endpoints, ordinary))
    must_answer(journey, endpoints, {name: [int(name[:3])] * 2 for name in endpoints})


@pytest.mark.requirement("RET-08")
def test_retry_after_of_a_year_is_not_obeyed(unbalanced: tuple[Webhooks, Publish], sources: Sources) -> None:
    """A `Retry-After` of a year or more is ignored, so that the next attempt comes soon, or cut down."""
    webhooks, publish = unbalanced
    endpoints = {
        event: webhooks.create(event, answers=[answer, 200], retry_config=_pace()) for event, answer in YEARS.items()
    }

    journeys = {event: publish(event) for event in endpoints}  # each has one of its own, as one may hold up another

    waits = {event: wait_until_known(journeys[event], endpoints[event], sources) for event in endpoints}
    assert {event: wait.days for event, wait in waits.items() if wait >= TOO_LONG} == {}
    counts = [len(journeys[event].attempts(endpoints[event])) for event in endpoints]
    assert max(counts) <= _pace()["maxAttempts"]
    for webhook in endpoints.values():
        webhooks.delete(webhook)


def wait_until_known(journey: Journey, webhook: Webhook, sources: Sources) -> timedelta:
    """Return how long the event's second attempt will yet take to come.

    Raises:
        Inconclusive: It does not come, and nothing in Inngest tells when it will.
    """
    journey.arrives(webhook)

    def left() -> list[timedelta]:
        if len(journey.attempts(webhook)) > 1:
            return [timedelta(0)]
        ends = ends_of_sleeps(sources.inngest, journey.inngest_ids, earliest_stamp(journey.at))
        return [wait for end in ends if (wait := end - datetime.now(UTC)) > timedelta(seconds=SEEN_WITHIN)]

    try:
        return max(until(left, within=journey.within(SEEN_WITHIN), every=0.1))
    except OutOfTimeError:
        raise Inconclusive(
            "the second attempt, or a sleep of a run that tells how long it will take to come.",
            f"neither within {journey.within(SEEN_WITHIN):g} s.",
            "see how the dispatcher waits after `Retry-After: 31536000`, and waive RET-08 if that is for less.",
        ) from None


def _pace() -> dict[str, int]:
    return {"maxAttempts": 2, "backoffMs": SHORT}


def _retry_after(status: int, value: str) -> Answer:
    return Answer(status, headers=[("Retry-After", value)])
