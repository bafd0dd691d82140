"""Cron expressions: what is one, and when its times are, by plain arithmetic and by another library."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import given, settings
from hypothesis import strategies as st

from embedded_inngest.flow.cron import CronError, Schedule

TAKEN = """\
* * * * *|TZ=Europe/Berlin 0 9 * * *|CRON_TZ=UTC * * * * *|? * ? * ?|*/15 0-23/2 1,15 JAN-MAR MON-FRI|0 0 31 2 *|\
* * * * SUN|5/15 * * * *|  * * * * * |*/100 * * * *|* * * jAn *|*-5 * * * *|+5 * * * *|1,,2 * * * *|,1 * * * *|\
* * * * mon-fri/2|*\t* * * *|TZ= * * * * *|TZ=Local * * * * *|007 * * * *|,, * * * *|?/5 * * * *|*,1 * * * *"""
REFUSED = """\
@hourly|@every 1m|@daily|TZ=Nowhere/None * * * * *|0 0 * * * *|* * * *|* * * * 7|60 * * * *|* * L * *|*/0 * * * *|\
* * * * 0-7|0 0 0 1 *|jan * * * *|1-5-7 * * * *|5-1 * * * *|tz=UTC * * * * *|TZ=europe/berlin * * * * *|\
5/15-30 * * * *|1/2/3 * * * *|*/-1 * * * *|*5 * * * *|?5 * * * *||TZ=UTC"""

BERLIN = ZoneInfo("Europe/Berlin")
SPRING, AUTUMN = datetime(2026, 3, 29, tzinfo=BERLIN), datetime(2026, 10, 25, tzinfo=BERLIN)
"""The days on which the clocks of Berlin are set: from two to three, and from three to two."""

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (they get one)
MINUTES, HOURS = st.integers(0, 59), st.integers(0, 23)


@pytest.mark.parametrize("text", TAKEN.split("|"))
def test_what_the_real_server_takes_is_read(text: str) -> None:
    """Texts with which a function could be registered at a running server are cron expressions."""
    assert Schedule.parse(text).weekdays.numbers <= {*range(7)}


@pytest.mark.parametrize("text", REFUSED.split("|"))
def test_what_the_real_server_refuses_is_none(text: str) -> None:
    """Texts with which a running server refused a function are no cron expressions."""
    with pytest.raises(CronError):
        Schedule.parse(text)


def times(text: str, since: datetime, until: datetime) -> list[datetime]:
    """Return the times of an expression between two others, in the zone of the first."""
    schedule, found, second = Schedule.parse(text), [], since.timestamp()
    while (due := schedule.next(second)) is not None and due < until.timestamp():
        found.append(datetime.fromtimestamp(due, since.tzinfo))
        second = due
    return found


def test_a_time_lies_after_the_one_before() -> None:
    """At the very second of a time the next one is meant."""
    assert Schedule.parse("TZ=UTC * * * * *").next(60.0) == 120.0
    assert Schedule.parse("TZ=UTC * * * * *").next(59.999) == 60.0


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ("* * mon", [5, 12, 19, 26]),
        ("*/10 * *", [1, 11, 21, 31]),
        ("1 * mon", [1, 5, 12, 19, 26]),
        ("*/10 * mon", [1, 5, 11, 12, 19, 21, 26, 31]),
        ("5/7 * ?", [5, 12, 19, 26]),
        ("5/7 * mon/3", [1, 5, 8, 12, 15, 19, 22, 26, 29]),
        ("1-31 * */6", list(range(1, 32))),
    ],
)
def test_day_and_weekday_are_alternatives_unless_one_of_them_is_any(days: str, expected: list[int]) -> None:
    """A star with a step is no star: it names days as well as a list would."""
    january, february = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)

    assert [time.day for time in times(f"TZ=UTC 0 12 {days}", january, february)] == expected


@settings(deadline=None)
@given(MOMENTS, HOURS, MINUTES)
def test_a_daily_time_is_that_of_the_day_or_the_next(moment: datetime, hour: int, minute: int) -> None:
    """Minute and hour alone name one time a day."""
    due = moment.replace(hour=hour, minute=minute, second=0, microsecond=0)
    expected = due if due > moment else due + timedelta(days=1)

    assert Schedule.parse(f"TZ=UTC {minute} {hour} * * *").next(moment.timestamp()) == expected.timestamp()


@settings(deadline=None)
@given(MOMENTS, st.integers(1, 30))
def test_steps_are_counted_from_the_full_hour(moment: datetime, step: int) -> None:
    """`*/STEP` names the minutes that it divides."""
    due = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
    while due.minute % step:
        due += timedelta(minutes=1)

    assert Schedule.parse(f"TZ=UTC */{step} * * * *").next(moment.timestamp()) == due.timestamp()


def listed(least: int, most: int) -> st.SearchStrategy[str]:
    """Make fields with a star, or with some of their values."""
    some = st.lists(st.integers(least, most), min_size=1, max_size=4)
    return st.one_of(st.just("*"), some.map(lambda values: ",".join(map(str, values))))


@settings(deadline=None)
@given(MOMENTS, st.tuples(listed(0, 59), listed(0, 23), listed(1, 28), listed(1, 12), listed(0, 6)))
def test_another_library_finds_the_same_time(moment: datetime, fields: tuple[str, ...]) -> None:
    """Where no clock is set and no field is special, all crons agree; day and weekday are alternatives."""
    text = " ".join(fields)

    assert Schedule.parse(f"TZ=UTC {text}").next(moment.timestamp()) == next(CronSim(text, moment)).timestamp()


@pytest.mark.parametrize(
    ("text", "hours"),
    [("30 2 * * *", []), ("30 * * * *", [0, 1, 3, 4]), ("0 3 * * *", [3]), ("0 0 * * *", [])],
)
def test_what_falls_into_the_hour_that_is_left_out_does_not_happen(text: str, hours: list[int]) -> None:
    """In the night in which clocks are set from two to three there is no half past two."""
    found = times(f"TZ=Europe/Berlin {text}", SPRING, SPRING.replace(hour=5))

    assert [time.hour for time in found] == hours


@pytest.mark.parametrize(
    ("text", "hours"), [("30 2 * * *", [2, 2]), ("0 * * * *", [1, 2, 2, 3, 4]), ("0 3 * * *", [3])]
)
def test_what_falls_into_the_hour_that_comes_twice_happens_twice(text: str, hours: list[int]) -> None:
    """In the night in which clocks are set from three to two half past two comes again an hour later."""
    found = times(f"TZ=Europe/Berlin {text}", AUTUMN, AUTUMN.replace(hour=5))

    assert [time.hour for time in found] == hours


def names(field: str, number: int) -> bool:
    """Tell whether a field names a number."""
    return field == "*" or number in map(int, field.split(","))


def is_meant(shown: datetime, minute: str, hour: str, day: str, weekday: str) -> bool:
    """Tell whether an expression means what a clock on the wall shows."""
    either = all if "*" in (day, weekday) else any
    is_day = either([names(day, shown.day), names(weekday, shown.isoweekday() % 7)])
    return is_day and names(hour, shown.hour) and names(minute, shown.minute)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from([SPRING, AUTUMN]), st.tuples(listed(0, 59), listed(0, 23), listed(20, 31), listed(0, 6)))
def test_no_time_is_left_out_or_invented_when_clocks_are_set(day: datetime, fields: tuple[str, ...]) -> None:
    """The times of two days are the minutes at which the clock on the wall shows what the expression names."""
    minute, hour, of_month, weekday = fields
    start = day.timestamp()
    shown = [datetime.fromtimestamp(start + 60 * count, BERLIN) for count in range(1, 2 * 24 * 60)]

    found = times(f"TZ=Europe/Berlin {minute} {hour} {of_month} * {weekday}", day, shown[-1] + timedelta(seconds=1))

    assert found == [one for one in shown if is_meant(one, minute, hour, of_month, weekday)]


@pytest.mark.parametrize("text", ["0 0 30 2 *", ",, * * * *", "* , * * *"])
def test_a_time_that_never_comes_is_none(text: str) -> None:
    """An expression that no minute meets has no next time, and nobody looks for one for ever."""
    assert Schedule.parse(f"TZ=UTC {text}").next(0.0) is None


def test_a_leap_day_comes_within_four_years() -> None:
    """What happens on one day in four years is found."""
    assert times("TZ=UTC 0 0 29 2 *", datetime(2026, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)) == [
        datetime(2028, 2, 29, tzinfo=UTC)
    ]
