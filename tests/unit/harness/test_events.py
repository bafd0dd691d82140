"""What Inngest makes of an event is waited for, and its absence is put into words."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.clients.inngest import InngestClient
from harness.clients.inngest_answers import Reply, Run
from harness.clients.rows import Rows
from harness.errors import Inconclusive, UnmetError
from harness.events import ended_runs, event_of, require_forgotten, stored_event
from harness.journey import Journey, Sources
from harness.receiver.receiver import Receiver

EVENT = {"id": "evt-1", "internal_id": "01", "name": "policy/bound", "data": {}}
WITHIN = 0.1


class SlowInngest:
    """An Inngest that needs a second look for everything.

    Args:
        events: What it holds by then.
        statuses: The status of the only run at each look; the last one repeats.
    """

    def __init__(self, *events: Mapping[str, Any], statuses: Sequence[str] = ("COMPLETED",)) -> None:
        self._events = events
        self._statuses = statuses
        self._looks = 0

    def event(self, event_id: str) -> dict[str, Any] | None:
        return next((event for event in self.events() if event["internal_id"] == event_id), None)

    def events(self, *, name: str | None = None) -> list[dict[str, Any]]:
        self._looks += 1
        return [dict(event) for event in self._events if self._looks > 1 and event["name"] == (name or event["name"])]

    def runs_of(self, _: str) -> tuple[Run, ...]:
        self._looks += 1
        status = self._statuses[min(self._looks, len(self._statuses)) - 1]
        return (Run(id="run-1", slug="app-dispatcher", status=status),)


def client(*events: Mapping[str, Any], statuses: Sequence[str] = ("COMPLETED",)) -> InngestClient:
    """Return a client of an Inngest that needs a second look."""
    return cast("InngestClient", SlowInngest(*events, statuses=statuses))


def journey(inngest: InngestClient) -> Journey:
    """Return the journey of an event that Inngest accepted under the id 01."""
    sources = Sources(inngest=inngest, receiver=cast("Receiver", None), rows=cast("Rows", None), slug="app-dispatcher")
    return Journey(EVENT, Reply(status=200, ids=("01",), error=None), sources, at=0)


def test_event_that_is_stored_a_moment_later_is_found() -> None:
    """An accepted event that shows at the second look only is found, and one that never shows is a broken promise."""
    assert stored_event(journey(client(EVENT)), within=WITHIN) == EVENT

    with pytest.raises(UnmetError) as caught:
        stored_event(journey(client()), within=WITHIN)
    assert caught.value.hop == "stored"


@pytest.mark.parametrize("event_id", ["evt-1", "01"])
def test_event_is_found_by_either_id(event_id: str) -> None:
    """An event is found by the sender's id and by Inngest's own."""
    assert event_of(client(EVENT), event_id, names=["claim/opened", "policy/bound"], within=WITHIN) == EVENT


@pytest.mark.parametrize(
    ("event_id", "name"), [("evt-2", "policy/bound"), ("None", "policy/bound"), ("evt-1", "claim/opened")]
)
def test_event_of_another_id_or_name_is_not_taken_for_it(event_id: str, name: str) -> None:
    """An id that was made up, that is missing, or that belongs to another event is a broken publication."""
    with pytest.raises(UnmetError) as caught:
        event_of(client(EVENT), event_id, names=[name], within=WITHIN)

    assert caught.value.hop == "published"


def test_runs_are_waited_for_until_they_end() -> None:
    """Runs are returned when all have ended; one that goes on leaves the promise unverified."""
    [run] = ended_runs(client(statuses=["RUNNING", "COMPLETED"]), "01", within=WITHIN)
    assert run.status == "COMPLETED"

    with pytest.raises(Inconclusive):
        ended_runs(client(statuses=["RUNNING"]), "01", within=WITHIN)


def test_missing_run_is_waited_for_where_one_is_wanted() -> None:
    """No run is fine unless at least one is wanted, whose absence leaves the promise unverified."""
    nothing = cast("InngestClient", SimpleNamespace(runs_of=lambda _: ()))
    assert ended_runs(nothing, "01", within=WITHIN) == ()

    with pytest.raises(Inconclusive, match=r"Seen: no run\."):
        ended_runs(nothing, "01", at_least=1, within=WITHIN)


def test_kept_store_is_told_from_an_empty_one() -> None:
    """An event that Inngest still holds after its store was to be emptied shows that it was not."""
    keeping, empty = client(EVENT), client()
    keeping.events()

    require_forgotten(empty, "01")
    with pytest.raises(Inconclusive, match="the store was kept: event 01") as kept:
        require_forgotten(keeping, "01")
    assert "`clear`" in kept.value.next_step
