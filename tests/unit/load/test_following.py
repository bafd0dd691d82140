"""Following ends when all is at rest, and not before while anything may still come."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from harness.clients.inngest import InngestClient
from load import following
from load.arrivals import Arrivals
from load.following import Following, Published
from load.reconciliation import Progress, Reconciliation

SHORT = 0.05
"""Stands for a second."""


@dataclass(slots=True)
class Books:
    """Books that are told how far the load has come, look by look; the last word repeats."""

    progress: list[Progress]
    webhooks: Sequence[int] = (1,)
    looks: int = 0

    def look(self, _now: float) -> Progress:
        self.looks += 1
        return self.progress.pop(0) if len(self.progress) > 1 else self.progress[0]

    def totals(self) -> dict[str, Any]:
        return {"events": 1, "deliveries": 1, "publishing": 0.0, "seconds": 0.1}

    def take(self, *_: object) -> None: ...

    def none(self) -> tuple[()]:
        return ()

    def zero(self, *_: object) -> int:
        return 0

    publish = start = deliver = take
    imbalances = latencies = none
    late = retried = zero


@dataclass(slots=True)
class Inngest:
    """An Inngest that is at work for some questions."""

    busy: int = 0
    asked: list[str] = field(default_factory=list)

    def at_work(self, _since: object) -> bool:
        self.asked.append("at work")
        return len(self.asked) <= self.busy

    def runs_of_each(self, ids: Sequence[str]) -> dict[str, tuple[()]]:
        return dict.fromkeys(ids, ())

    def new(self) -> list[Any]:
        return []


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every wait for a shorter one."""
    for name in ("EVERY", "QUIET"):
        monkeypatch.setattr(following, name, SHORT / 5)


def follow(books: Books, inngest: Inngest) -> None:
    """Follow a load of one event until it is at rest."""
    Following(
        cast("Reconciliation", books),
        cast("Arrivals", inngest),
        cast("InngestClient", inngest),
        slug="dispatcher",
        within=lambda seconds: seconds * SHORT,
        retry=5.0,
    ).to_the_end([Published(event_id="e", inngest_id="i", at=100.0)], late_after=1.0)


def at(recorded: int, *, open_: int) -> Progress:
    """Return how far a load has come."""
    return Progress(delivered=recorded, recorded=recorded, open=open_)


def test_what_is_complete_and_idle_ends_at_once() -> None:
    """Where nothing is missing and Inngest is idle, a moment of quiet ends it."""
    books, inngest = Books([at(1, open_=0)]), Inngest()

    follow(books, inngest)

    assert len(inngest.asked) == 1


def test_progress_gives_more_time() -> None:
    """As long as something moves nobody asks whether anything does, however long it takes."""
    steps = [at(number, open_=30 - number) for number in range(31) for _ in range(2)]
    books, inngest = Books(steps), Inngest()

    follow(books, inngest)

    assert (len(books.progress), len(inngest.asked)) == (1, 1)


def test_stall_of_an_idle_platform_ends_it() -> None:
    """Where something is missing, nothing moves and Inngest is idle, nothing more will come."""
    books, inngest = Books([at(1, open_=3)]), Inngest()

    follow(books, inngest)

    assert len(inngest.asked) == 1


def test_run_at_work_is_waited_for() -> None:
    """Where something is missing while Inngest is at work, a failed step gets the time to be tried again."""
    books, inngest = Books([at(1, open_=3)]), Inngest(busy=1000)

    follow(books, inngest)

    assert len(inngest.asked) == (following.PATIENCE + 5.0) / following.STALL
