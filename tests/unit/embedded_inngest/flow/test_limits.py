"""Limits on what is under way at once, in an engine whose requests the test answers; v1.43.0 was seen to do so."""

from typing import Any

import pytest

from embedded_inngest.release import V0_29, V1_43, Release
from tests.unit.embedded_inngest.flow.held_app import Stage, play
from tests.unit.embedded_inngest.test_state_runs import operation

PER_K = {"limit": 1, "key": "event.data.k"}
ONE_RUN = {"fn": [{"limit": 1}]}


def test_no_more_requests_are_under_way_than_a_limit_allows() -> None:
    """What finds no room is queued, and begins in its order as soon as there is room."""

    async def scenario(stage: Stage) -> None:
        stage.register(go={"concurrency": 2})
        await stage.send("go", "a", "b", "c", "d")
        assert stage.app.open == ["a", "b"]
        assert stage.statuses() == {"a": "RUNNING", "b": "RUNNING", "c": "QUEUED", "d": "QUEUED"}
        await stage.app.answer("b")
        assert stage.app.open == ["a", "c"]

    play(scenario)


def test_an_older_run_goes_on_before_a_younger_begins() -> None:
    """The next request of a run comes before the first of one that came later."""

    async def scenario(stage: Stage) -> None:
        stage.register(go={"concurrency": 1})
        await stage.send("go", "old")
        await stage.clock.turn(0.1)
        await stage.send("go", "young")
        await stage.app.do_step("old", operation("StepRun", "s", data=1))
        await stage.app.answer("old")
        await stage.app.answer("young")
        assert stage.app.asked == ["old", "old", "young"]

    play(scenario)


@pytest.mark.parametrize("given", [0, [{"limit": 0}], {}], ids=str)
def test_a_limit_of_none_is_no_limit(given: object) -> None:
    """Without a key a limit of 0 is as none at all."""

    async def scenario(stage: Stage) -> None:
        stage.register(go={"concurrency": given})
        await stage.send("go", *"abc")
        assert stage.app.open == ["a", "b", "c"]

    play(scenario)


def test_a_key_that_has_no_room_at_all_lets_nothing_begin() -> None:
    """With a key a limit of 0 is meant."""

    async def scenario(stage: Stage) -> None:
        stage.register(go={"concurrency": [{**PER_K, "limit": 0}]})
        await stage.send("go", "a", k=1)
        assert stage.statuses() == {"a": "QUEUED"}

    play(scenario)


ONE_KEY: list[tuple[Any, Any]] = [
    (1, "1"),
    (1.5, "1.5"),
    (True, "true"),
    (None, "NULL_VALUE"),
    ([1, "a"], "[1 a]"),
    ({"b": 1, "a": 2}, "map[a:2 b:1]"),
]


@pytest.mark.parametrize(("one", "other"), ONE_KEY, ids=str)
def test_what_is_written_the_same_is_the_same_key(one: Any, other: Any) -> None:
    """A key's value counts as the text that Go makes of it."""

    async def scenario(stage: Stage) -> None:
        stage.register(go={"concurrency": [PER_K]})
        await stage.send("go", "a", k=one)
        await stage.send("go", "b", k=other)
        await stage.send("go", "c", k="another")
        assert stage.app.open == ["a", "c"]

    play(scenario)


def test_a_key_holds_up_no_other() -> None:
    """Who has no room at his key is passed by those behind him who have some at theirs."""

    async def scenario(stage: Stage) -> None:
        stage.register(go={"concurrency": [{"limit": 2}, PER_K]})
        await stage.send("go", "a1", "a2", "a3", k="a")
        await stage.send("go", "b1", k="b")
        assert stage.app.open == ["a1", "b1"]
        await stage.send("go", "c1", k="c")
        await stage.app.answer("a1")
        assert stage.app.open == ["b1", "a2"]
        await stage.app.answer("a2")
        assert stage.app.open == ["b1", "a3"]

    play(scenario)


@pytest.mark.parametrize(("scope", "under_way"), [("account", ["a"]), ("env", ["a"]), ("fn", ["a", "b"])])
def test_functions_share_a_limit_of_a_wider_scope(scope: str, under_way: list[str]) -> None:
    """Functions with the same key count together in their environment or account, and apart as functions."""

    async def scenario(stage: Stage) -> None:
        limit = {"concurrency": [{**PER_K, "scope": scope}]}
        stage.register(one=limit, two=limit)
        await stage.send("one", "a", k=1)
        await stage.send("two", "b", k=1)
        assert stage.app.open == under_way

    play(scenario)


def test_each_function_keeps_its_own_limit_of_a_shared_key() -> None:
    """Of two functions that count together the one with the larger limit goes on when the other can't."""

    async def scenario(stage: Stage) -> None:
        shared = {"key": "event.data.k", "scope": "account"}
        stage.register(small={"concurrency": [{**shared, "limit": 1}]}, large={"concurrency": [{**shared, "limit": 2}]})
        await stage.send("large", "a", k=1)
        await stage.send("small", "b", k=1)
        await stage.send("large", "c", "d", k=1)
        assert stage.app.open == ["a", "c"]
        await stage.app.answer("a")
        assert stage.app.open == ["c", "d"]

    play(scenario)


def test_a_waiting_run_holds_nothing() -> None:
    """While a run sleeps others go on in its place."""

    async def scenario(stage: Stage) -> None:
        stage.register(go={"concurrency": 1})
        await stage.send("go", "a", "b")
        await stage.app.do_step("a", operation("Sleep", "s", opts={"duration": "3s"}))
        assert stage.app.open == ["b"]
        await stage.clock.turn(3)
        assert stage.app.open == ["b"]
        await stage.app.answer("b")
        assert stage.app.open == ["a"]

    play(scenario)


SHORT = {
    "sleep": operation("Sleep", "s", opts={"duration": "2s"}),
    "wait": operation("WaitForEvent", "w", opts={"event": "never", "timeout": "2s"}),
}


@pytest.mark.parametrize("kind", SHORT)
def test_a_short_sleep_holds_its_place(kind: str) -> None:
    """A sleep or a wait of two seconds or less lets nobody else go on, as on the real server."""

    async def scenario(stage: Stage) -> None:
        stage.register(go={"concurrency": 1})
        await stage.send("go", "a")
        await stage.clock.turn(0.1)
        await stage.send("go", "b")
        await stage.app.do_step("a", SHORT[kind])
        await stage.clock.turn(1.9)
        assert stage.app.open == []
        await stage.clock.turn(0.1)
        assert stage.app.open == ["a"]

    play(scenario)


def test_a_short_sleep_holds_nothing_on_the_older_server() -> None:
    """v0.29.9 lets others go on while a run sleeps, however shortly."""

    async def scenario(stage: Stage) -> None:
        stage.register(go={"concurrency": 1})
        await stage.send("go", "a", "b")
        await stage.app.do_step("a", SHORT["sleep"])
        assert stage.app.open == ["b"]

    play(scenario, release=V0_29)


def test_a_limit_on_runs_is_none_on_the_older_server() -> None:
    """v0.29.9 takes the newer form for a limit of 0, which is none."""

    async def scenario(stage: Stage) -> None:
        stage.register(go={"concurrency": ONE_RUN})
        await stage.send("go", "a", "b")
        assert stage.app.open == ["a", "b"]

    play(scenario, release=V0_29)


def test_a_short_wait_that_ends_gives_its_place_back() -> None:
    """What a short wait holds is free as soon as its event has come, or its run is cancelled."""

    async def scenario(stage: Stage) -> None:
        stage.register(go={"concurrency": 1})
        await stage.send("go", "a")
        await stage.clock.turn(0.1)
        await stage.send("go", "b")
        await stage.app.do_step("a", operation("WaitForEvent", "w", opts={"event": "it", "timeout": "2s"}))
        await stage.send("it", "event")
        await stage.app.do_step("a", SHORT["sleep"])
        stage.cancel("a")
        await stage.clock.turn(0)
        assert stage.app.asked == ["a", "a", "b"]

    play(scenario)


def test_a_short_sleep_holds_no_worker() -> None:
    """As many may sleep under their limits as like to: requests of others are made meanwhile."""

    async def scenario(stage: Stage) -> None:
        stage.register(go={"concurrency": 300}, other={})
        names = [str(number) for number in range(100)]
        await stage.send("go", *names)
        for name in names:
            await stage.app.do_step(name, SHORT["sleep"])
        await stage.send("other", "another")
        assert stage.app.open == ["another"]

    play(scenario)


def test_a_retry_comes_behind_those_who_were_there_before_it_was_due() -> None:
    """A run that waits for its retry holds nothing, and is not older than the time of its retry."""

    async def scenario(stage: Stage) -> None:
        stage.register(go={"concurrency": 1})
        await stage.send("go", "a", "b")
        await stage.app.answer("a", status=500, retry_after="5")
        await stage.clock.turn(4)
        await stage.send("go", "c")
        await stage.clock.turn(1)
        await stage.app.answer("b")
        await stage.app.answer("c")
        assert stage.app.asked == ["a", "b", "c", "a"]

    play(scenario)


@pytest.mark.parametrize(("release", "under_way"), [(V1_43, ["b", "a"]), (V0_29, ["b"])])
def test_a_quick_retry_counts_under_no_limit(release: Release, under_way: list[str]) -> None:
    """v1.43.0 believes for five seconds that an attempt has its place still, though another has it by then."""

    async def scenario(stage: Stage) -> None:
        stage.register(go={"concurrency": 1})
        await stage.send("go", "a", "b", "c")
        await stage.app.answer("a", status=500, retry_after="4")
        await stage.clock.turn(4)
        assert stage.app.open == under_way

    play(scenario, release=release)


def test_a_cancelled_run_leaves_its_place_in_line() -> None:
    """A run that is cancelled while it waits is passed by, and its place is nobody's."""

    async def scenario(stage: Stage) -> None:
        stage.register(go={"concurrency": 1})
        await stage.send("go", "a", "b", "c")
        stage.cancel("b")
        await stage.app.answer("a")
        assert stage.app.open == ["c"]

    play(scenario)


def test_a_new_limit_counts_at_once() -> None:
    """Who waits goes on when the function is registered with a larger limit, or with none."""

    async def scenario(stage: Stage) -> None:
        stage.register(go={"concurrency": 1})
        await stage.send("go", *"abcd")
        stage.register(go={"concurrency": 3})
        await stage.clock.turn(0)
        assert stage.app.open == ["a", "b", "c"]
        stage.register(go={})
        await stage.clock.turn(0)
        assert stage.app.open == ["a", "b", "c", "d"]

    play(scenario)
