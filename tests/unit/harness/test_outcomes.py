"""The judge of attempts names the endpoints that were called too often or too rarely, and those alone."""

from types import SimpleNamespace
from typing import cast

import pytest

from harness.errors import UnmetError
from harness.journey import ENDS_WITHIN, Journey
from harness.judges.outcomes import ARRIVE_WITHIN, answered, must_answer
from harness.webhooks import Webhook


def endpoint(*statuses: int | None) -> Webhook:
    """Return an endpoint that has answered this, and will never be called again."""
    receiver = SimpleNamespace(wait_for=lambda _, within: within == 0)
    return cast("Webhook", SimpleNamespace(statuses=list(statuses), receiver=receiver))


def journey() -> Journey:
    """Return a journey whose run has ended."""
    return cast("Journey", SimpleNamespace(ends=lambda _: None, within=float, attempts=lambda endpoint: endpoint))


def test_answers_as_expected_pass() -> None:
    """Endpoints that gave just the answers expected of them satisfy the judge."""
    endpoints = {"healthy": endpoint(200), "silent": endpoint(None, 200), "not called": endpoint()}

    must_answer(journey(), endpoints, {"healthy": [200], "silent": [None, 200], "not called": []})


@pytest.mark.parametrize(
    ("statuses", "seen"),
    [
        ((500,), "'broken' answered 500."),
        ((500, 500, 500), "'broken' answered 500, 500, 500."),
        ((None, 500), "'broken' answered (no answer), 500."),
        ((), "'broken' answered nothing."),
    ],
)
def test_wrong_number_of_attempts_is_named(statuses: tuple[int | None, ...], seen: str) -> None:
    """One attempt more, one fewer or another answer is a breach, told with the endpoint's name and no other's."""
    endpoints = {"healthy": endpoint(200), "broken": endpoint(*statuses)}

    with pytest.raises(UnmetError) as caught:
        must_answer(journey(), endpoints, {"healthy": [200], "broken": [500, 500]})

    assert (caught.value.expected, caught.value.seen) == ("'broken' to answer 500, 500.", seen)
    assert caught.value.hop == "delivered"


def test_many_wrong_endpoints_are_counted() -> None:
    """A message stays short however many endpoints are wrong."""
    endpoints = {str(number): endpoint() for number in range(9)}

    with pytest.raises(UnmetError, match="and 4 more"):
        must_answer(journey(), endpoints, {name: [200] for name in endpoints})


def test_answered_shows_every_endpoint() -> None:
    """What has been answered so far is told of each endpoint, of one without a request too."""
    assert answered(journey(), {"a": endpoint(200), "b": endpoint()}) == {"a": [200], "b": []}


def test_patience_of_the_dispatcher_is_waited_for() -> None:
    """An endpoint that keeps the dispatcher waiting moves the end of the run and of the arrivals away by as much."""
    waits: list[float] = []

    def wait(within: float) -> bool:
        waits.append(within)
        return True

    receiver = SimpleNamespace(wait_for=lambda _, within: wait(within))
    silent = cast("Webhook", SimpleNamespace(statuses=[200], receiver=receiver))
    slow = SimpleNamespace(ends=wait, within=lambda seconds: seconds * 2, attempts=lambda endpoint: endpoint)

    must_answer(cast("Journey", slow), {"silent": silent}, {"silent": [200]}, longer=30)

    assert waits == [ENDS_WITHIN + 30, (ARRIVE_WITHIN + 30) * 2]
