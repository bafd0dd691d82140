"""Who is next when there is not room for all, whatever they need and in whatever order they come and go."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedded_inngest.flow.capacity import Key, Lines, Turn

SIZES = {"one": {"f1": 2, "x": 1, "y": 2}, "two": {"f2": 1, "x": 2}}
"""How much there is room for; the functions share x, each with a size of its own."""

HOLDERS = st.sampled_from(["step", "run"])
NEEDS = {
    "one": st.lists(st.builds(Key, st.sampled_from("xy"), st.sampled_from("ab"), HOLDERS), max_size=2, unique=True),
    "two": st.lists(st.builds(Key, st.just("x"), st.sampled_from("ab"), HOLDERS), max_size=1),
}


@dataclass(frozen=True)
class Guest:
    """Somebody who wants in."""

    number: int
    turn: Turn


@st.composite
def turns(draw: st.DrawFn) -> Turn:
    """Return any turn; most need room at the function itself too."""
    function = draw(st.sampled_from(["one", "two"]))
    plain = [Key("f1" if function == "one" else "f2")] if draw(st.integers(0, 3)) else []
    return Turn(float(draw(st.integers(0, 5))), function, (*plain, *draw(NEEDS[function])))


class House:
    """Lets guests in as long as it finds somebody, and lets them out again."""

    def __init__(self) -> None:
        self.unwanted: set[int] = set()
        self.inside: list[Guest] = []
        self.seen: Counter[int] = Counter()
        self._lines: Lines[Guest] = Lines(SIZES.__getitem__, lambda guest: guest.number not in self.unwanted)

    def comes(self, guest: Guest) -> None:
        self._lines.join(guest, guest.turn)
        self.fill()

    def goes(self, guest: Guest) -> None:
        self.inside.remove(guest)
        for key in guest.turn.keys:
            self._lines.leave(key)
        self.fill()

    def fill(self) -> None:
        while (guest := self._lines.next()) is not None:
            assert self.has_room_for(guest)
            self.inside.append(guest)
            self.seen[guest.number] += 1

    def has_room_for(self, guest: Guest) -> bool:
        """Tell by counting who is inside whether one more could come in."""
        taken = Counter(key for inside in self.inside for key in inside.turn.keys)
        sizes = SIZES[guest.turn.function_id]
        return all(taken[key] < sizes[key.limit] for key in guest.turn.keys)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(turns(), st.integers(0, 20), st.just(None)), max_size=60))
def test_nobody_is_kept_out_who_has_room_and_nobody_let_in_who_has_none(story: Sequence[Turn | int | None]) -> None:
    """There are never more inside than there is room for, whoever waits has no room, and all get in once in the end."""
    house, guests = House(), list[Guest]()

    for event in story:
        if isinstance(event, Turn):
            guests.append(Guest(len(guests), event))
            house.comes(guests[-1])
        elif event is None:
            house.unwanted.update(guest.number for guest in guests[-1:] if guest.number not in house.seen)
        elif house.inside:
            house.goes(house.inside[event % len(house.inside)])
        _assert_right(house, guests)
    while house.inside:
        house.goes(house.inside[0])
        _assert_right(house, guests)

    assert house.seen == Counter(guest.number for guest in guests if guest.number not in house.unwanted)


def _assert_right(house: House, guests: Sequence[Guest]) -> None:
    waiting = [guest for guest in guests if guest.number not in house.seen and guest.number not in house.unwanted]
    assert not [guest for guest in waiting if house.has_room_for(guest)]


@given(st.lists(st.integers(0, 9), max_size=30))
def test_those_of_equal_needs_come_in_their_order(orders: Sequence[int]) -> None:
    """The lowest order comes first, and who came first of those who have the same."""
    house, doorkeeper = House(), Guest(-1, Turn(0.0, "two", (Key("f2"),)))
    house.comes(doorkeeper)
    guests = [Guest(number, Turn(float(order), "two", (Key("f2"),))) for number, order in enumerate(orders)]
    for guest in guests:
        house.comes(guest)

    came = []
    house.goes(doorkeeper)
    while house.inside:
        came.append(house.inside[0])
        house.goes(house.inside[0])

    assert came == sorted(guests, key=lambda guest: guest.turn.order)


def test_room_that_one_has_no_use_for_goes_to_the_next() -> None:
    """Who is called because there is room at one key, and has none at his other, lets the next one have it."""
    house = House()
    for number, mine in enumerate("abbc"):
        house.comes(Guest(number, Turn(0.0, "one", (Key("f1"), Key("x", mine)))))

    house.goes(house.inside[0])

    assert [guest.number for guest in house.inside] == [1, 3]


def test_a_better_one_brings_those_forward_who_need_the_same() -> None:
    """Of two groups that wait at one key the one whose first is better goes first, whichever waited before."""
    house = House()
    for number, (order, mine) in enumerate([(0.0, "a"), (0.0, "b"), (3.0, "a"), (2.0, "b"), (1.0, "a")]):
        house.comes(Guest(number, Turn(order, "one", (Key("f1"), Key("y", mine)))))

    house.goes(house.inside[0])

    assert [guest.number for guest in house.inside] == [1, 4]


def _all_one() -> list[Turn]:
    return [Turn(float(number), "two", (Key("f2"),)) for number in range(20_000)]


def _each_its_own() -> list[Turn]:
    return [Turn(float(number), "one", (Key("f1"), Key("x", str(number)))) for number in range(20_000)]


def _one_heavy() -> list[Turn]:
    return [
        Turn(float(number), "one", (Key("f1"), Key("x", str(number) if number % 2 else "heavy")))
        for number in range(20_000)
    ]


@pytest.mark.parametrize("backlog", [_all_one, _each_its_own, _one_heavy])
def test_a_long_line_costs_each_no_more_than_a_short_one(backlog: object) -> None:
    """Twenty thousand who wait cost each of them about what a hundred do: nobody looks at all who wait."""
    assert callable(backlog)
    turns = backlog()

    short = min(_seconds_each(turns[:100]) for _ in range(20))
    long = _seconds_each(turns)

    assert long < 8 * short


def _seconds_each(turns: Sequence[Turn]) -> float:
    """Return the seconds that each costs who comes while there is no room, and goes when it was his turn."""
    house = House()
    began = process_time()
    for number, turn in enumerate(turns):
        house.comes(Guest(number, turn))
    while house.inside:
        house.goes(house.inside[0])
    assert len(house.seen) == len(turns)
    return (process_time() - began) / len(turns)
