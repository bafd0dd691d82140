"""How long sleeps and waits are, in the forms in which SDKs say it."""

import pytest

from embedded_inngest import durations
from embedded_inngest.opcodes import OpcodeError

NOON = 1_795_435_200.0  # 2026-11-23T12:00:00Z
LATE = NOON + 0.7


@pytest.mark.parametrize(
    ("text", "now", "seconds"),
    [
        ("2026-11-23T12:00:01.199Z", NOON, 1),
        ("2026-11-23T12:00:01.199Z", LATE, 0),
        ("2026-11-23T12:00:01.200Z", LATE - 0.001, 1),
        ("2026-11-23T12:00:02.499Z", NOON, 2),
        ("2026-11-23T12:00:02.500Z", NOON, 3),
        ("2026-11-23T11:59:00Z", NOON, 0),
        ("2026-11-23T14:00:05+02:00", NOON, 5),
        ("2026-11-23T12:00:05", NOON, 5),
        ("2026-11-24", NOON, 43_200),
        ("Mon, 23 Nov 2026 12:00:05 GMT", NOON, 5),
        ("2026-11-23 12:00:05 +0000 UTC", NOON, 5),
    ],
)
def test_a_sleep_until_a_date_has_whole_seconds(text: str, now: float, seconds: float) -> None:
    """What is left until a date counts to the nearest second: less than half of one is no sleep at all."""
    assert durations.of_sleep(text, now) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("300ms", 0.3),
        ("1m30s", 90),
        ("1.5h", 5400),
        (".5s", 0.5),
        ("1w2d", 777_600),
        ("100us5ns", 100.005e-6),
        ("-5s", -5),
        ("+5s", 5),
        ("0", 0),
        ("", 0),
    ],
)
def test_a_duration_is_taken_to_the_letter(text: str, seconds: float) -> None:
    """A duration is not rounded, neither that of a sleep nor that of a wait."""
    assert durations.of_sleep(text, LATE) == pytest.approx(seconds)
    assert durations.of_timeout(text, LATE) == pytest.approx(seconds)


def test_a_wait_until_a_date_is_not_rounded() -> None:
    """A wait ends at its date, to the millisecond."""
    assert durations.of_timeout("2026-11-23T12:00:01.199Z", NOON) == pytest.approx(1.199)


@pytest.mark.parametrize("text", ["never", "5", "5 s", "1.s.", "-", "1d-2h", "2026-11-23T12:00:99Z", "300y", "16000w"])
def test_what_is_neither_is_refused(text: str) -> None:
    """What the server can't read is said to be no duration, and not taken for none."""
    with pytest.raises(OpcodeError, match="duration"):
        durations.of_sleep(text, NOON)


def test_a_wait_takes_fewer_dates_than_a_sleep() -> None:
    """A wait knows dates of RFC 3339 alone."""
    with pytest.raises(OpcodeError, match="invalid duration"):
        durations.of_timeout("2026-11-24", NOON)
