"""Until when a step sleeps or waits, as its operation asks for it."""

from embedded_inngest import durations, wire
from embedded_inngest.fatal import bounded
from embedded_inngest.opcodes import Operation
from embedded_inngest.release import Release

_TOO_LONG_A_SLEEP = "The sleep {} ends more than one year in the future; sleeps may last at most one year."
_TOO_LONG_A_WAIT = (
    "The wait-for-event timeout {} expires more than one year in the future; timeouts may last at most one year."
)


def sleep_end(operation: Operation, now: float, release: Release) -> float:
    """Say when a sleep ends.

    Raises:
        FatalStepError: That is too far off.
        OpcodeError: It can't be read.
    """
    given = operation.option("duration") or operation.name
    seconds = durations.of_sleep(given, now)
    if release.bounds_waits:
        bounded(seconds, _TOO_LONG_A_SLEEP.format(wire.text(given)))
    return now + seconds


def wait_end(operation: Operation, now: float, release: Release) -> float:
    """Say when a wait for an event times out; one that does not say it is over at once.

    Raises:
        FatalStepError: That is too far off.
        OpcodeError: It can't be read.
    """
    given = operation.option("timeout") or ""
    seconds = _timeout(given, now, release)
    if release.bounds_waits:
        bounded(seconds, _TOO_LONG_A_WAIT.format(wire.text(given)))
    return now + seconds


def patient_end(operation: Operation, now: float, release: Release) -> float:
    """Say when a wait for an invoked function or for a signal times out: in a year, unless it says otherwise.

    Raises:
        OpcodeError: It can't be read.
    """
    timeout = operation.option("timeout")
    return now + (_timeout(timeout, now, release) if timeout else durations.YEAR)


def _timeout(given: str, now: float, release: Release) -> float:
    return durations.of_timeout(given, now) if release.dates_timeouts else durations.of_duration(given)
