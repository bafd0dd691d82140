"""Waiting ends as soon as it can, as late as it must, and says what was seen."""

from collections.abc import Callable, Iterable

import pytest

from harness.errors import UnmetError
from harness.waiters import OutOfTimeError, stays, until


def reader(values: Iterable[int]) -> Callable[[], int]:
    """Return a look at a world that changes from one look to the next."""
    iterator = iter(values)
    return lambda: next(iterator)


def test_until_returns_what_was_accepted() -> None:
    """The value that was accepted is returned, and nothing is read after it."""
    assert until(reader([0, 0, 7]), within=5, every=0.001) == 7


def test_until_looks_once_more_when_time_is_over() -> None:
    """A deadline of no time at all still looks, so that what is already there is seen."""
    assert until(reader([3]), within=0) == 3


def test_until_tells_what_it_saw_last() -> None:
    """When the time is over, the error carries the last value."""
    with pytest.raises(OutOfTimeError) as over:
        until(list, within=0.01)

    assert over.value.last == []


def test_until_does_not_take_an_error_for_not_yet() -> None:
    """An unexpected error passes through at once."""
    with pytest.raises(ZeroDivisionError):
        until(lambda: 1 // 0, within=5)


def test_stays_refuses_a_change_during_the_quiet_time() -> None:
    """A value that is not accepted at any look breaks the promise, which the error names."""
    with pytest.raises(UnmetError, match="one attempt and no more"):
        stays(reader([1, 1, 2]), lambda value: value == 1, during=5, promise="one attempt and no more", every=0.001)


def test_stays_returns_the_last_value_of_a_quiet_world() -> None:
    """A world that stays quiet is reported as it was at the end."""
    assert stays(lambda: 1, lambda value: value == 1, during=0.01, promise="quiet") == 1
