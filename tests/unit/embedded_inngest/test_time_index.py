"""The orders in which lists are read."""

from hypothesis import given
from hypothesis import strategies as st

from embedded_inngest.events import make_event
from embedded_inngest.listing import EventList
from embedded_inngest.state import State
from embedded_inngest.time_index import TimeIndex, micros

SECONDS = st.integers(min_value=0, max_value=5).map(float)
ENTRIES = st.lists(st.tuples(SECONDS, st.text("abc", min_size=1)), unique_by=lambda entry: entry[1])
EVER = micros(1e9)


def index_of(entries: list[tuple[float, str]]) -> TimeIndex:
    """Return an index with these entries, added in the order given."""
    index = TimeIndex()
    for second, key in entries:
        index.add(second, key)
    return index


@given(ENTRIES, SECONDS, SECONDS)
def test_an_index_lists_a_range_in_its_order(entries: list[tuple[float, str]], since: float, until: float) -> None:
    """Whatever the order of arrival, a range comes by time, and by id within a time, in both directions."""
    index = index_of(entries)
    inside = sorted(entry for entry in entries if since <= entry[0] <= until)
    latest_first = sorted(inside, key=lambda entry: (-entry[0], entry[1]))

    assert list(index.ascending(micros(since), micros(until))) == [key for _, key in inside]
    assert list(index.descending(micros(since), micros(until))) == [key for _, key in latest_first]
    assert index.count(micros(since), micros(until)) == len(inside)


@given(ENTRIES.filter(bool), st.data())
def test_an_index_goes_on_where_a_page_ended(entries: list[tuple[float, str]], data: st.DataObject) -> None:
    """What comes after any entry is what the whole list has behind it, in both directions."""
    index = index_of(entries)
    second, key = data.draw(st.sampled_from(entries))
    place = (micros(second), key)
    up, down = list(index.ascending(0, EVER)), list(index.descending(0, EVER))

    assert list(index.ascending(0, EVER, place)) == up[up.index(key) + 1 :]
    assert list(index.descending(0, EVER, place)) == down[down.index(key) + 1 :]


def test_events_are_counted_by_name_and_time() -> None:
    """The count heeds both ends of the time, the names, and whether internal events are wanted."""
    events = EventList()
    for number, name in enumerate(("a", "b", "inngest/c", "a")):
        events.add(make_event(internal_id=str(number), name=name, data={}, now=float(number)))

    assert events.count(0, EVER, names=(), internal=False) == 3
    assert events.count(0, EVER, names=(), internal=True) == 4
    assert events.count(micros(1.0), micros(3.0), names=("a",), internal=False) == 1
    assert list(events.newest("2")) == ["1", "0"]


def test_an_event_that_comes_again_is_listed_once() -> None:
    """An event whose sender gave it the id of an earlier one takes its place in the list."""
    state = State()
    for name in ("first", "second"):
        state.add_event(make_event(internal_id="1", name=name, data={}, now=1.0))

    assert [event.name for event in state.newest_events()] == ["second"]
