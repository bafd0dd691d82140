"""What has changed since it was last written down: the parts of the engine note it, whoever keeps a store takes it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol, TypeAlias

from embedded_inngest.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """That an event has started a function, which counts until a time."""

    function_id: str
    event_id: str
    expires: float


Part: TypeAlias = Literal["batches", "debounces", "rates", "starts"]
"""A part of flow control that holds something over the time."""

BATCHES: Final = "batches"
DEBOUNCES: Final = "debounces"
RATES: Final = "rates"
STARTS: Final = "starts"


class Holder(Protocol):
    """A part of flow control, as it is asked for what it holds."""

    def held(self, key: str) -> bytes | None:
        """Write down what is held under a key; None when it is nothing any more."""

    def hold(self, key: str, content: bytes) -> None:
        """Read what was written down, and go on from there."""


class Journal(Protocol):
    """Is told of every change."""

    def apps(self) -> None:
        """Note that apps or functions have changed."""

    def event(self, event: Event) -> None:
        """Note a new event."""

    def claim(self, claim: Claim) -> None:
        """Note that an event has started a function."""

    def run(self, run_id: str) -> None:
        """Note that a run has changed, or what is to be done for it, or what it waits for."""

    def held(self, part: Part, key: str) -> None:
        """Note that a part of flow control holds something else under a key, or nothing any more."""


class NoJournal:
    """Forgets at once: nothing is kept when the engine ends."""

    def apps(self) -> None:
        """Forget that apps have changed."""

    def event(self, _event: Event) -> None:
        """Forget that there is a new event."""

    def claim(self, _claim: Claim) -> None:
        """Forget that an event has started a function."""

    def run(self, _run_id: str) -> None:
        """Forget that a run has changed."""

    def held(self, _part: Part, _key: str) -> None:
        """Forget that something else is held."""


NO_JOURNAL = NoJournal()


@dataclass(slots=True, kw_only=True)
class Changes:
    """Changes of one moment; but for events and claims only that there are some, as what is there then counts."""

    apps: bool = False
    events: list[Event] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    runs: dict[str, None] = field(default_factory=dict)
    held: dict[tuple[Part, str], None] = field(default_factory=dict)

    def follow(self, earlier: "Changes") -> None:
        """Take up changes that came before these."""
        self.apps |= earlier.apps
        self.events[:0] = earlier.events
        self.claims[:0] = earlier.claims
        self.runs |= earlier.runs
        self.held |= earlier.held


class Notes:
    """A journal that gathers changes. `on_first` is told when there are some again after all were taken."""

    def __init__(self, on_first: Callable[[], None]) -> None:
        self._on_first = on_first
        self._changes: Changes | None = None

    def apps(self) -> None:
        """Note that apps or functions have changed."""
        self._noted().apps = True

    def event(self, event: Event) -> None:
        """Note a new event."""
        self._noted().events.append(event)

    def claim(self, claim: Claim) -> None:
        """Note that an event has started a function."""
        self._noted().claims.append(claim)

    def run(self, run_id: str) -> None:
        """Note that a run has changed."""
        self._noted().runs[run_id] = None

    def held(self, part: Part, key: str) -> None:
        """Note that something else is held."""
        self._noted().held[part, key] = None

    def take(self) -> Changes:
        """Return the changes, and begin anew."""
        changes, self._changes = self._changes, None
        return changes or Changes()

    def _noted(self) -> Changes:
        if self._changes is None:
            self._changes = Changes()
            self._on_first()
        return self._changes
