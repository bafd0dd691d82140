"""The embedded engine against the transcripts of the real server, scenario by scenario."""

from collections.abc import Iterator, Mapping

import pytest

from tests.unit.embedded_inngest import documents
from tests.unit.embedded_inngest.differences import assert_same
from tests.unit.embedded_inngest.performance import Performance
from tests.unit.embedded_inngest.recordings import (
    APIS,
    OLD,
    RELEASES,
    Json,
    apis,
    load,
    not_covered,
    of_each_release,
    recorded,
    scenarios,
)

CLOCKS = 0.02
"""Seconds by which the clocks of two processes, and the SDK's rounding to milliseconds, may shorten a wait."""


def waits(recording: Json) -> list[list[int]]:
    """Return the whole seconds that passed between the calls of each run: retry intervals, sleeps and timeouts."""
    return [[int(gap) for gap in run] for run in documents.gaps(recording)]


LOOKS_SELDOM = {(OLD, "44-concurrency")}
"""There the server looks only once a second whether there is room again: nothing that it promises."""


def waiting(release: str) -> Iterator[str]:
    """Yield the scenarios in which time passes that a recording tells."""
    for name in scenarios(release):
        recording = load(name, release)
        if (
            (release, name) not in LOOKS_SELDOM
            and "once" not in recording["sent"][-1]
            and any(map(any, waits(recording)))
        ):
            yield name


EACH = pytest.mark.parametrize(("release", "name"), of_each_release(scenarios))


@EACH
def test_the_app_is_called_as_recorded(release: str, name: str, performances: Mapping[str, Performance]) -> None:
    """The engine asks of the app what the real server asked: number, order, headers and bodies of the calls."""
    real, embedded = load(name, release), performances[release].scenarios[name]

    assert_same(documents.calls(real), documents.calls(embedded), name, release)


@EACH
def test_the_publisher_is_answered_as_recorded(
    release: str, name: str, performances: Mapping[str, Performance]
) -> None:
    """The engine answers the events of a scenario with the status, headers and body of the real server."""
    real, embedded = load(name, release), performances[release].scenarios[name]

    assert_same(documents.answers(real), documents.answers(embedded), name, release)


@EACH
def test_runs_are_told_as_recorded(release: str, name: str, performances: Mapping[str, Performance]) -> None:
    """The engine's /v1 and GraphQL say of events and runs what the real server's said, key by key."""
    real, embedded = load(name, release), performances[release].scenarios[name]

    assert_same(documents.runs(real), documents.runs(embedded), name, release)


@pytest.mark.parametrize(("release", "name"), of_each_release(waiting))
def test_waits_are_not_shortened(release: str, name: str, performances: Mapping[str, Performance]) -> None:
    """A retry or a sleep comes no earlier than on the real server, to the second."""
    short = [
        (least, gap)
        for least_of_run, gaps_of_run in zip(
            waits(load(name, release)), documents.gaps(performances[release].scenarios[name]), strict=True
        )
        for least, gap in zip(least_of_run, gaps_of_run, strict=True)
        if gap < least - CLOCKS
    ]

    assert short == []


@pytest.mark.parametrize("release", RELEASES)
def test_every_transcript_is_judged_or_listed(release: str) -> None:
    """A transcript is replayed, or NOT_COVERED.toml says why it isn't; never both, never neither."""
    listed = not_covered(release)

    assert recorded(release) == {*scenarios(release), *apis(release), *listed}
    assert not {*APIS} & listed.keys()
    assert all(reason.strip() for reason in listed.values())
