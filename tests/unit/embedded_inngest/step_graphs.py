"""Functions drawn at random: steps one after the other and beside each other, and what must become of them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from hypothesis import strategies as st

Kind = Literal["run", "send", "sleep", "wait", "invoke"]

RETRIES = 3
FOR_EVER = 99
CALLEE, BROKEN_CALLEE, CHILD = "callee", "broken-callee", "child"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step.

    Attributes:
        name: Unlike any other of its function, and its id too.
        kind: What it does; `send` sends the event that starts `child`.
        failures: How often it fails before it succeeds, if it runs something.
        caught: Whether the function goes on after it has failed for good.
        answered: Whether what it waits for comes, or what it invokes ends well.
        seconds: How long it sleeps.
    """

    name: str = ""
    kind: Kind = "run"
    failures: int = 0
    caught: bool = True
    answered: bool = True
    seconds: int = 1

    @property
    def is_done_here(self) -> bool:
        """Whether the app itself does it, when it is asked to."""
        return self.kind in {"run", "send"}

    @property
    def breaks(self) -> bool:
        """Whether it fails for good, and the function with it."""
        return not self.caught and self.fails

    @property
    def fails(self) -> bool:
        """Whether it fails for good."""
        return self.failures > RETRIES if self.is_done_here else self.kind == "invoke" and not self.answered


@dataclass(frozen=True, slots=True)
class Parallel:
    """Branches beside each other; what follows waits for all."""

    branches: "tuple[Block, ...]"


Block = tuple[Step | Parallel, ...]

STEPS = st.builds(
    Step,
    kind=st.sampled_from(["run", "run", "send", "sleep", "wait", "invoke"]),
    failures=st.sampled_from([0, 0, 0, 1, 2, FOR_EVER]),
    caught=st.sampled_from([True, True, True, False]),
    answered=st.booleans(),
    seconds=st.integers(0, 5),
)


def _blocks(nodes: st.SearchStrategy[Any]) -> st.SearchStrategy[Block]:
    return st.lists(nodes, min_size=1, max_size=3).map(tuple)


NODES = st.recursive(
    STEPS,
    lambda inner: st.lists(_blocks(inner), min_size=2, max_size=3).map(lambda branches: Parallel(tuple(branches))),
    max_leaves=8,
)


def named(block: Block) -> Block:
    """Give each step a name of its own."""
    numbers = iter(range(10_000))

    def name(node: Step | Parallel) -> Step | Parallel:
        if isinstance(node, Step):
            return replace(node, name=f"s{next(numbers)}")
        return Parallel(tuple(tuple(name(one) for one in branch) for branch in node.branches))

    return tuple(name(node) for node in block)


FUNCTIONS = _blocks(NODES).map(named)


def steps_of(block: Block) -> Iterator[Step]:
    """Yield every step of a function."""
    for node in block:
        if isinstance(node, Step):
            yield node
        else:
            for branch in node.branches:
                yield from steps_of(branch)


def expected_status(block: Block) -> str:
    """Say how a run of the function must end."""
    return "FAILED" if any(step.breaks for step in steps_of(block)) else "COMPLETED"


def expected_memory(block: Block) -> dict[str, Any]:
    """Say what must be memoised of each step when a run completes: what it is, in the place of the value itself."""
    return {step.name: _outcome(step) for step in steps_of(block)}


def _outcome(step: Step) -> str:
    if step.kind in {"sleep", "wait"}:
        return "event" if step.kind == "wait" and step.answered else "nothing"
    return "error" if step.fails else "data"


def outcome(value: Any) -> str:
    """Name the kind of a memoised value."""
    if value is None:
        return "nothing"
    return next(kind for kind, key in (("event", "name"), ("error", "error"), ("data", "data")) if key in value)
