"""The retry policy: what counts as delivered, how often and how fast is tried again."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_dispatcher.retry import LONGEST_RETRY_AFTER, RetryPlan, RetryPolicy
from tests.unit.reference_dispatcher.making import answer

STEADY = RetryPolicy(random=lambda: 0.0)
PLAN = RetryPlan(max_attempts=5, backoff_ms=1000)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_delivered(status: int) -> None:
    """Every 2xx is success."""
    assert STEADY.delivered(answer(status))


@pytest.mark.parametrize("status", [101, 199, 300, 301, 304, 400, 404, 410, 429, 500, 503, 599])
def test_nothing_else_is_delivered(status: int) -> None:
    """A redirect, a client error and a server error are failures."""
    assert not STEADY.delivered(answer(status))


def test_no_answer_is_not_delivered() -> None:
    """An attempt that got no whole answer has failed."""
    assert not STEADY.delivered(answer(error="connection refused"))


@pytest.mark.parametrize(
    ("config", "attempts", "backoff"),
    [
        ({"maxAttempts": 5, "backoffMs": 250}, 5, 250),
        ({}, 3, 1000),
        (None, 3, 1000),
        ("five", 3, 1000),
        ([], 3, 1000),
        ({"maxAttempts": "5", "backoffMs": "250"}, 3, 1000),
        ({"maxAttempts": None, "backoffMs": True}, 3, 1000),
        ({"maxAttempts": 0, "backoffMs": 0}, 1, 0),
        ({"maxAttempts": -4, "backoffMs": -1}, 1, 0),
        ({"maxAttempts": 10**9, "backoffMs": 10**9}, 10, 3_600_000),
        ({"maxAttempts": 2.9, "backoffMs": 1.5}, 2, 1),
    ],
)
def test_bad_retry_config_is_clamped_or_gets_the_default(config: Any, attempts: int, backoff: int) -> None:
    """What is no number becomes 3 attempts and 1000 ms; what is out of range becomes the nearest legal value."""
    assert STEADY.plan(config) == RetryPlan(max_attempts=attempts, backoff_ms=backoff)


def test_back_off_doubles() -> None:
    """Before attempt k+1 the wait is at least backoffMs times two to the power of k-1."""
    assert [STEADY.wait(PLAN, number, answer(500)) for number in (1, 2, 3, 4)] == [1.0, 2.0, 4.0, 8.0]


def test_jitter_adds_at_most_a_fifth() -> None:
    """Simultaneous failures are spread over a fifth of the wait and never come early."""
    latest = RetryPolicy(random=lambda: 1.0)
    waits = {RetryPolicy().wait(PLAN, 1, answer(500)) for _ in range(20)}

    assert latest.wait(PLAN, 1, answer(500)) == pytest.approx(1.2)
    assert len(waits) > 1
    assert all(1.0 <= wait <= 1.2 for wait in waits)


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_a_lower_bound(status: int) -> None:
    """The receiver may ask for a longer wait in seconds, and a shorter one does not hurry us."""
    assert STEADY.wait(PLAN, 1, answer(status, retry_after="7")) == 7.0
    assert STEADY.wait(PLAN, 4, answer(status, retry_after="7")) == 8.0


def test_retry_after_may_be_a_date() -> None:
    """A date of HTTP is understood as the moment before which nothing is sent."""
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)

    assert STEADY.wait(PLAN, 1, answer(503, retry_after=date)) == pytest.approx(60, abs=2)


@pytest.mark.parametrize("text", ["", "soon", "-5", "1.5", "٣", "Mon, 99 Foo 2026 99:99:99 GMT", "1e3", "0x10", "nan"])
def test_garbage_in_retry_after_is_ignored(text: str) -> None:
    """A Retry-After that says nothing usable leaves the wait as it is."""
    assert STEADY.wait(PLAN, 1, answer(503, retry_after=text)) == 1.0


@pytest.mark.parametrize("text", ["31536000", "9" * 12, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_retry_after_of_a_year_is_an_hour(text: str) -> None:
    """A receiver cannot put a delivery to sleep for longer than an hour."""
    assert STEADY.wait(PLAN, 1, answer(503, retry_after=text)) == LONGEST_RETRY_AFTER


def test_retry_after_of_other_statuses_is_ignored() -> None:
    """Only 429 and 503 may ask for time."""
    assert STEADY.wait(PLAN, 1, answer(500, retry_after="7")) == 1.0


@given(st.text())
def test_no_retry_after_breaks_the_wait(text: str) -> None:
    """Whatever a receiver writes there, the wait stays between the back-off and an hour."""
    assert 1.0 <= STEADY.wait(PLAN, 1, answer(503, retry_after=text)) <= LONGEST_RETRY_AFTER
