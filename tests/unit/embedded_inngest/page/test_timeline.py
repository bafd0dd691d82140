"""The steps of a run on a line of time, and how times, errors and lists are shown."""

import pytest

from embedded_inngest.page.paging import listed
from embedded_inngest.page.payloads import Failing, cut, failing
from embedded_inngest.page.timeline import Timeline, timeline
from embedded_inngest.page.times import duration
from embedded_inngest.runs import Run
from tests.unit.embedded_inngest.page.visiting import DONE, Visitor, visit
from tests.unit.embedded_inngest.test_state_runs import STEPS, Answers, operation

SLEEP = (STEPS, [operation("Sleep", "nap", opts={"duration": "30s"})])
WAIT = (STEPS, [operation("WaitForEvent", "wait", opts={"event": "x", "timeout": "1h", "if": "async.data.y == 1"})])
ERROR = (500, {"name": "E", "message": "no", "stack": "there"})


async def slept(visitor: Visitor) -> Run:
    """Let a run go on for a minute and ten seconds."""
    await visitor.send("go")
    for seconds in (30, 40):
        await visitor.clock.turn(seconds)
    [run] = visitor.engine.state.newest_runs()
    return run


def line_of(*answers: tuple[int, object]) -> Timeline:
    """Return the line of a run whose app answers so."""
    return timeline(visit(slept, app=Answers(*answers)))


def test_steps_lie_where_they_were() -> None:
    """Each step lies on the line from when it began to when it ended, in the order in which they began."""
    line = line_of(SLEEP, (STEPS, [operation("StepRun", "one", data=1)]), DONE)

    assert [(each.name, each.kind, each.status) for each in line.lines] == [
        ("nap", "sleep", "COMPLETED"),
        ("one", "step", "COMPLETED"),
        ("end of the function", "function", "COMPLETED"),
    ]
    assert (line.seconds, line.lines[0].bar.left, line.lines[0].bar.width) == (30, 0, 100)


def test_bars_stay_on_the_line() -> None:
    """What took no time is wide enough to be seen, and does not reach beyond the end."""
    bars = [each.bar for each in line_of(SLEEP, DONE).lines]

    assert [bar.width > 0.5 and bar.left + bar.width <= 100 for bar in bars] == [True, True]


def test_what_has_not_ended_is_open() -> None:
    """A wait reaches up to the end of the line, beyond all that is known, and says what it waits for."""
    [*_, wait] = line_of(SLEEP, WAIT).lines

    assert (wait.took, wait.bar.is_open, wait.bar.left + wait.bar.width) == (None, True, 100)
    assert wait.bar.width > 20
    assert (wait.info["eventName"], wait.info["expression"]) == ("x", "async.data.y == 1")


def test_what_the_end_cut_off_is_cancelled() -> None:
    """A wait whose run was cancelled is over as well, and so is its bar."""

    async def cancelled(visitor: Visitor) -> Run:
        run = await slept(visitor)
        visitor.engine.executor.cancel(run)
        return run

    [*_, wait] = timeline(visit(cancelled, app=Answers(SLEEP, WAIT))).lines

    assert (wait.status, wait.took, wait.bar.is_open) == ("CANCELLED", 40, False)


def test_a_step_that_failed_early_has_failed() -> None:
    """A step that failed before its last attempt is over, though the trace of the real server leaves it running."""
    failed = operation("StepFailed", "bad", error={"name": "E", "message": "no", "stack": ""})

    [step, _] = line_of((STEPS, [failed]), DONE).lines

    assert (step.status, step.took, step.failing and step.failing.message) == ("FAILED", 0, "no")


def test_attempts_are_told_one_by_one() -> None:
    """A call that was repeated has a line with each attempt and what it failed with."""
    [call] = line_of(ERROR, DONE).lines

    assert [(one.number, one.status, one.began) for one in call.attempts] == [(1, "FAILED", 0), (2, "COMPLETED", 70)]
    assert call.attempts[0].failing == Failing(name="E", message="no", stack=cut("there"))


@pytest.mark.parametrize(
    ("raw", "name", "message", "stack"),
    [
        ('{"name": "E", "message": "m", "stack": "s"}', "E", "m", "s"),
        ('{"error": "other"}', "Error", "", '{\n  "error": "other"\n}'),
        ('"text"', "Error", "", '"text"'),
        ("no JSON", "Error", "", "no JSON"),
    ],
)
def test_errors_of_every_form_are_shown(raw: str, name: str, message: str, stack: str) -> None:
    """The parts of an SDK's error are shown apart, and any other error as it is."""
    assert failing(raw) == Failing(name=name, message=message, stack=cut(stack))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-0.001, "0 ms"),
        (0.0123, "12 ms"),
        (1.5, "1.50 s"),
        (61.4, "1 min 1 s"),
        (3661, "1 h 1 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_durations_are_short(seconds: float, text: str) -> None:
    """A duration is told in the units that matter."""
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("before", "expected", "older"), [(None, "fe", "e"), ("e", "dc", "c"), ("c", "ba", None), ("?", "", None)]
)
def test_a_page_begins_after_the_one_before(before: str | None, expected: str, older: str | None) -> None:
    """A page of a list begins after the last one of the page before it, and says whether there is another."""
    letters = [(letter, letter) for letter in "fedcba"]

    listing = listed(letters, lambda _: True, before=before, size=2)

    assert ("".join(item for _, item in listing.items), listing.older) == (expected, older)
