"""The generic cell rate algorithm against a bucket that leaks: the same promise, told otherwise."""

from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from embedded_inngest.flow.gcra import Meter, Pace
from embedded_inngest.journal import RATES

PAUSES = st.lists(st.integers(0, 40), min_size=1, max_size=60)
INTERVALS = st.integers(1, 20)
EXTRAS = st.integers(0, 6)


@dataclass
class Bucket:
    """Holds `extra` + 1 drops and loses one each `interval`, in whole seconds; what does not fit in is refused."""

    interval: int
    extra: int
    second: int = 0
    level: int = field(default=0)

    def admits(self, second: int) -> bool:
        """Pour in the drop of one event; levels are counted in seconds that they take to leak."""
        self.level = max(0, self.level - (second - self.second))
        self.second = second
        fits = self.level + self.interval <= self.interval * (self.extra + 1)
        self.level += self.interval * fits
        return fits


def seconds(pauses: list[int]) -> list[int]:
    """Return the times of events with these pauses before them."""
    return [1000 + sum(pauses[: index + 1]) for index in range(len(pauses))]


def admitted(pace: Pace, times: list[int]) -> list[bool]:
    """Return which of the events at these times a meter lets through."""
    meter, answers = Meter(RATES), []
    for time in times:
        answers.append(meter.allowed_at("key", pace, time) <= time)
        if answers[-1]:
            meter.count("key", pace, time)
    return answers


@given(PAUSES, INTERVALS, EXTRAS)
def test_it_admits_what_a_leaking_bucket_admits(pauses: list[int], interval: int, extra: int) -> None:
    """Whatever the pauses, just those events pass that find room in a bucket that leaks evenly."""
    bucket, times = Bucket(interval, extra), seconds(pauses)

    assert admitted(Pace(interval=interval, extra=extra), times) == [bucket.admits(time) for time in times]


@given(PAUSES, INTERVALS, EXTRAS)
def test_what_waits_until_it_is_allowed_comes_evenly(pauses: list[int], interval: int, extra: int) -> None:
    """Events that wait for their turn all get one: all that fit in come at once, the others an interval apart."""
    meter, pace = Meter(RATES), Pace(interval=interval, extra=extra, kept=10**6)
    starts: list[float] = []
    for time in seconds(pauses):
        starts.append(meter.allowed_at("key", pace, max([time, *starts[-1:]])))
        meter.count("key", pace, starts[-1])

    assert all(later - start >= interval for start, later in zip(starts, starts[extra + 1 :], strict=False))
    assert all(later >= start for start, later in pairwise(starts))


@given(PAUSES, st.lists(st.sampled_from("ab"), min_size=60, max_size=60))
def test_keys_do_not_share_their_limits(pauses: list[int], keys: list[str]) -> None:
    """What happens under one key leaves the others all they have."""
    meter, pace, passed = Meter(RATES), Pace(interval=7, extra=1), dict[str, list[bool]](a=[], b=[])
    times = list(zip(seconds(pauses), keys, strict=False))
    for time, key in times:
        passed[key].append(meter.allowed_at(key, pace, time) <= time)
        if passed[key][-1]:
            meter.count(key, pace, time)

    assert passed == {key: admitted(pace, [time for time, other in times if other == key]) for key in "ab"}


def test_a_mark_is_forgotten_at_the_whole_second_before() -> None:
    """As in the real server's store, 8.57 seconds are remembered for 8."""
    meter, pace = Meter(RATES), Pace(interval=60 / 7, extra=0)
    meter.count("key", pace, 1000)

    assert meter.allowed_at("key", pace, 1001) == 1008
    assert meter.allowed_at("other", pace, 1001) == 1001


def test_what_is_past_takes_no_room() -> None:
    """A key of which nothing matters any more is dropped, and with it what is kept of it."""
    meter, pace = Meter(RATES), Pace(interval=5, extra=0)
    meter.count("old", pace, 1000)
    meter.count("new", pace, 1005)

    assert (meter.held("old"), meter.held("new") is None) == (None, False)
