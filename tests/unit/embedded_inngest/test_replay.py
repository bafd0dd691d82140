"""The embedded engine against the transcripts of the real server, scenario by scenario."""

import pytest

from tests.unit.embedded_inngest import documents
from tests.unit.embedded_inngest.differences import assert_same
from tests.unit.embedded_inngest.performance import Performance
from tests.unit.embedded_inngest.recordings import APIS, Json, load, not_covered, recorded, scenarios

CLOCKS = 0.02
"""Seconds by which the clocks of two processes, and the SDK's rounding to milliseconds, may shorten a wait."""


def waits(recording: Json) -> list[list[int]]:
    """Return the whole seconds that passed between the calls of each run: retry intervals, sleeps and timeouts."""
    return [[int(gap) for gap in run] for run in documents.gaps(recording)]


WAITING = [name for name in scenarios() if "once" not in load(name)["sent"][-1] and any(map(any, waits(load(name))))]


@pytest.mark.parametrize("name", scenarios())
def test_the_app_is_called_as_recorded(name: str, performance: Performance) -> None:
    """The engine asks of the app what the real server asked: number, order, headers and bodies of the calls."""
    assert_same(documents.calls(load(name)), documents.calls(performance.scenarios[name]), name)


@pytest.mark.parametrize("name", scenarios())
def test_the_publisher_is_answered_as_recorded(name: str, performance: Performance) -> None:
    """The engine answers the events of a scenario with the status, headers and body of the real server."""
    assert_same(documents.answers(load(name)), documents.answers(performance.scenarios[name]), name)


@pytest.mark.parametrize("name", scenarios())
def test_runs_are_told_as_recorded(name: str, performance: Performance) -> None:
    """The engine's /v1 and GraphQL say of events and runs what the real server's said, key by key."""
    assert_same(documents.runs(load(name)), documents.runs(performance.scenarios[name]), name)


@pytest.mark.parametrize("name", WAITING)
def test_waits_are_not_shortened(name: str, performance: Performance) -> None:
    """A retry or a sleep comes no earlier than on the real server, to the second."""
    short = [
        (least, gap)
        for least_of_run, gaps_of_run in zip(
            waits(load(name)), documents.gaps(performance.scenarios[name]), strict=True
        )
        for least, gap in zip(least_of_run, gaps_of_run, strict=True)
        if gap < least - CLOCKS
    ]

    assert short == []


def test_every_transcript_is_judged_or_listed() -> None:
    """A transcript is replayed, or NOT_COVERED.toml says why it isn't; never both, never neither."""
    listed = not_covered()

    assert recorded() == {*scenarios(), *APIS, *listed}
    assert not {*APIS} & listed.keys()
    assert all(reason.strip() for reason in listed.values())
