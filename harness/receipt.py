"""The receipt: what a run removed again from a platform that others use, and what it could not remove."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg

from harness.clients.footprint import Footprint, by_hand
from harness.errors import HarnessError
from harness.ledger import Entries
from harness.tag import Tag
from harness.targets import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of all that a run wrote.

    Attributes:
        run: The run's id.
        webhooks: How many were removed.
        deliveries: How many were removed.
        events: How many the run is known to have left in Inngest, which does not let go of any.
        problem: Why the rows are still there, if they are.
        by_hand: The SQL that removes them.
    """

    run: str
    webhooks: int = 0
    deliveries: int = 0
    events: int = 0
    problem: str = ""
    by_hand: tuple[str, ...] = ()

    def lines(self) -> Iterator[str]:
        """Return the receipt for people."""
        left = f"left in Inngest: at least {self.events} events, and their runs"
        if not self.problem:
            yield f"receipt: removed {self.webhooks} webhooks, {self.deliveries} deliveries of run {self.run}; {left}"
            return
        yield f"receipt: the rows of run {self.run} could not be removed ({self.problem}); {left}. Run by hand:"
        yield from (f"  {statement}" for statement in self.by_hand)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def clean_up(target: Target, tag: Tag, folder: Path) -> Receipt:
    """Remove what a run wrote into a platform, and nothing else.

    Args:
        target: The platform.
        tag: The run's.
        folder: Where its processes wrote their ledgers.
    """
    entries = Entries.read(folder)
    events = len({each for ids in entries.inngest_ids.values() for each in ids})
    try:
        with closing(Footprint(target, tag)) as footprint:
            webhooks, deliveries = footprint.remove(entries.gone)
    except (HarnessError, psycopg.Error) as error:
        problem = error.seen if isinstance(error, HarnessError) else str(error).strip()
        statements = tuple(by_hand(target, tag.created_by))
        return Receipt(run=tag.run, events=events, problem=problem.splitlines()[0].rstrip("."), by_hand=statements)
    return Receipt(run=tag.run, webhooks=webhooks, deliveries=deliveries, events=events)


def leftovers(target: Target, tag: Tag) -> Iterator[str]:
    """Say of each other run what it left, and how to remove it; it may also be at work right now."""
    with closing(Footprint(target, tag)) as footprint:
        found = footprint.left_by_others()
    for created_by, count in found.items():
        statements = " ".join(by_hand(target, created_by))
        yield f"rows of another run are there: {count} webhooks of {created_by!r}. Unless it still runs: {statements}"
