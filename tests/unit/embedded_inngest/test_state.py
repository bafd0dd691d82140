"""What the server remembers, and in how little room."""

import tracemalloc

import orjson
import pytest
from ulid import ULID

from embedded_inngest import packing
from embedded_inngest.apps import Function
from embedded_inngest.clock import RandomIds, seeded_ulid
from embedded_inngest.events import Event, make_event
from embedded_inngest.release import V0_29
from embedded_inngest.runs import Run
from embedded_inngest.spans import COMPLETED, FAILED, Span
from embedded_inngest.state import IDEMPOTENCY_SECONDS, State
from tests.unit.embedded_inngest.turned_clock import TurnedClock


@pytest.fixture
def function() -> Function:
    """A registered function."""
    return Function(
        id="f",
        app_id="a",
        slug="a-f",
        name="f",
        url="http://localhost:1/api",
        triggers=(),
        retries=2,
        config={"fv": 1},
        created_at=0.0,
    )


@pytest.fixture
def event() -> Event:
    """An event with an id of its sender's."""
    return make_event(internal_id="E1", name="a/b", data={"x": 1}, now=100.0, given={"id": "mine"})


@pytest.fixture
def run(function: Function, event: Event) -> Run:
    """A run that failed once and then completed."""
    span = Span(name="one", queued_at=100.0, max_attempts=3)
    for outcome in (FAILED, COMPLETED):
        span.begin(f"{outcome:.8}", 101.0)
        span.end_attempt(outcome, 102.0)
    span.close(COMPLETED, 102.0)
    return Run(
        id="R1", function=function, events=(event,), trace_id="t", queued_at=100.0, spans=[span], output='{"a":1}'
    )


def test_an_event_id_counts_for_a_day(function: Function, event: Event) -> None:
    """An event id starts a function once, and again when the day is over."""
    state = State()

    claims = [state.claim(function, event.id, now) for now in (0.0, IDEMPOTENCY_SECONDS - 1, IDEMPOTENCY_SECONDS)]

    assert claims == [True, False, True]


def test_an_old_claim_outlasts_its_run(run: Run) -> None:
    """In the older release the day begins when the run ends, however long it took."""
    state, end = State(release=V0_29), 10 * IDEMPOTENCY_SECONDS
    claims = [state.claim(run.function, run.event.id, now) for now in (0.0, end)]
    state.add_run(run)
    run.ended_at, run.status = end, COMPLETED
    state.archive(run)

    claims += [state.claim(run.function, run.event.id, end + later) for later in (1.0, IDEMPOTENCY_SECONDS)]

    assert claims == [True, False, False, True]


def test_expired_claims_are_forgotten(function: Function) -> None:
    """Claims do not pile up beyond their day."""
    state = State()
    for second in range(100):
        internal_id = f"E{second}"
        state.claim(function, internal_id, float(second))

    state.claim(function, "last", IDEMPOTENCY_SECONDS + 98.5)

    assert len(state._started[function.id]) == 2


def test_an_archived_run_answers_like_the_live_one(run: Run) -> None:
    """Packing a run loses nothing that can be asked of it."""
    state = State()
    state.add_run(run)
    run.ended_at, run.status = 103.0, COMPLETED

    state.archive(run)
    kept = state.run("R1")

    assert state.live_run("R1") is None
    assert kept is not None
    assert kept.packed() == run.packed()
    assert [span.attempt_number for span in kept.spans] == [1]


def test_a_list_of_runs_unpacks_none(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lists are filtered by can be read of ended runs as they are kept, the last first."""
    state = State()
    for run_id in ("R1", "R2"):
        run.id, run.ended_at, run.status = run_id, 103.0, COMPLETED
        state.add_run(run)
        state.archive(run)
    monkeypatch.delattr(Run, "unpacked")

    assert [(run_id, kept.status) for run_id, kept in state.kept_newest_first()] == [
        ("R2", COMPLETED),
        ("R1", COMPLETED),
    ]
    assert [run_id for run_id, _ in state.kept_of_event("E1")] == ["R1", "R2"]


def test_a_kept_run_is_small(run: Run) -> None:
    """What is kept of an ended run takes no more than a third of the room of its JSON."""
    json_size = len(orjson.dumps(packing.unpack(run.packed())))

    tracemalloc.start()
    kept = [run.packed() for _ in range(500)]
    room, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert room / len(kept) < json_size / 3


def test_a_damaged_run_is_told(run: Run) -> None:
    """What is left of a packed run that was cut is refused, and not taken for a shorter one."""
    packed = run.packed()

    with pytest.raises(ValueError, match=r"."):
        packing.unpack(packed[: len(packed) // 2])
    with pytest.raises(ValueError, match=r"."):
        packing.unpack(b"no run")


def test_the_first_result_of_a_step_stays(run: Run) -> None:
    """A step that is reported twice keeps its first result, and its place in the stack."""
    for step, value in (("a", b"1"), ("b", b"2"), ("a", b"3")):
        run.memoise(step, value)

    assert run.steps == {"a": b"1", "b": b"2"}
    assert [run.position(step) for step in ("a", "b", None)] == [1, 2, 0]


def test_a_sender_that_repeats_itself_gets_the_same_ids() -> None:
    """Ids from a seed are equal on every try, differ within a request, and carry the seed's time."""
    first, second = (seeded_ulid(1795438810502, bytes(range(10)), number) for number in (1, 2))

    assert first == seeded_ulid(1795438810502, bytes(range(10)), 1)
    assert first[:10] == second[:10] == "01M847W5C6"
    assert first != second


def test_ids_of_one_moment_ascend() -> None:
    """Ids are ULIDs of the clock's millisecond, and those of the same one are in the order in which they were made."""
    ids = RandomIds(TurnedClock(second=1_700_000_000.1235))

    made = [ids.ulid() for _ in range(1000)]

    assert made == sorted(set(made))
    assert {ULID.from_str(one).milliseconds for one in made} == {1_700_000_000_123}
