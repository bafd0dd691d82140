"""The judge of back-offs: does each attempt keep the distance from the one before that it must keep?"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from harness.errors import UnmetError, shortened
from harness.journey import ENDS_WITHIN, Journey
from harness.receiver.attempts import Attempt
from harness.webhooks import Webhook

JITTER = 0.2
"""The part of a back-off that may be added to it, to spread attempts."""

EARLY = 0.02
"""Seconds that a gap may seem too short: clocks that count milliseconds, and the receiver's own time to look up."""

ROUNDING = 0.5
"""Seconds that a server may cut off a sleep.

Inngest v1.43.0 rounds the time until a date to whole seconds, half a second up or down; so only gaps of whole seconds
can be held against a dispatcher that sleeps until the right date and leaves the rest to its server. A shorter one may
come out as nothing there.
"""

TICK = 1.5
"""Seconds that a gap may be longer than back-off and jitter.

Inngest v1.43.0 may add half a second to a sleep, and v0.29.9, which knows whole seconds only, nearly a whole one. Then
the queue is looked through (150 ms), the function called, and perhaps a step before the one that sends, on a machine
that does other things as well: half a second for that. How busy it is beyond that, each event tells itself.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """How many seconds may lie between two attempts."""

    least: float
    most: float

    def later(self, seconds: float) -> "Gap":
        """Return the gap that may be so much longer."""
        return replace(self, most=self.most + seconds)

    def allows(self, seconds: float) -> bool:
        return self.least - EARLY <= seconds <= self.most

    def __str__(self) -> str:
        return f"{self.least:.3g} to {self.most:.3g} s"


def backoffs(backoff_ms: int, attempts: int, *, tick: float) -> list[Gap]:
    """Return the gaps between so many attempts by the contract, each back-off being twice the one before.

    Args:
        backoff_ms: The first back-off.
        attempts: How many attempts there are.
        tick: Seconds that the server may add; TICK, scaled for this machine.
    """
    seconds = [backoff_ms / 1000 * 2**number for number in range(attempts - 1)]
    return [Gap(least=_surely(each), most=each * (1 + JITTER) + tick) for each in seconds]


def not_before(seconds: float, *, within: float = ENDS_WITHIN) -> Gap:
    """Return the gap of an attempt that must wait for so long, and be there some time later.

    Args:
        seconds: How long it must wait; whole ones, or so few that no server's rounding can take from them.
        within: Seconds that it may come later.
    """
    return Gap(least=seconds, most=seconds + within)


def must_keep(journey: Journey, webhooks: Mapping[str, Webhook], gaps: Mapping[str, Sequence[Gap]]) -> None:
    """Wait for the attempts of an event, and check the gaps between them.

    A machine that is busy is given more time: twice as much as the first attempt took to come, as a later one comes
    after a record and a sleep, and which may have to wait until other webhooks have had all of theirs.

    Args:
        journey: Of the event.
        webhooks: The endpoints by name; none of them takes time to answer.
        gaps: What is allowed between the attempts at each.

    Raises:
        UnmetError: An attempt came too early, too late, or not at all.
    """
    in_turn = ENDS_WITHIN + sum(gap.least * (1 + JITTER) for each in gaps.values() for gap in each)
    slow = max(journey.arrives(webhooks[name], within=in_turn)[0].at for name in gaps) - journey.at
    allowed = {name: [gap.later(2 * slow) for gap in gaps[name]] for name in gaps}
    webhooks[next(iter(gaps))].receiver.wait_for(
        lambda _: all(_is_judged(journey.attempts(webhooks[name]), each) for name, each in allowed.items()),
        within=max(sum(gap.most for gap in each) for each in allowed.values()),
    )
    wrong = {name: text for name in gaps if (text := _mistake(journey.attempts(webhooks[name]), allowed[name]))}
    if wrong:
        raise UnmetError(
            f"further attempts at {shortened([f'{name!r} after {_listed(allowed[name])}' for name in wrong])}.",
            f"{shortened([f'{name!r} after {text}' for name, text in wrong.items()])}.",
            "look at the unit of the back-off, at how it grows, and at who waits: the dispatcher or Inngest's retries.",
            hop="delivered",
        )


def seconds_between(attempts: Sequence[Attempt]) -> list[float]:
    """Return the seconds from each attempt to the next one."""
    return [later.monotonic - earlier.monotonic for earlier, later in itertools.pairwise(attempts)]


def _surely(seconds: float) -> float:
    """Return how much of a back-off is left whatever the server rounds."""
    return seconds if seconds == math.floor(seconds) else max(0.0, seconds - ROUNDING)


def _is_judged(attempts: Sequence[Attempt], gaps: Sequence[Gap]) -> bool:
    """Tell whether more attempts would make no difference: all are there, or one has come at a wrong time."""
    seen = seconds_between(attempts)
    return len(seen) >= len(gaps) or not all(gap.allows(each) for gap, each in zip(gaps, seen, strict=False))


def _mistake(attempts: Sequence[Attempt], gaps: Sequence[Gap]) -> str:
    """Return the gaps that were seen, if one of them is wrong."""
    seen = seconds_between(attempts)
    if len(seen) >= len(gaps) and all(gap.allows(each) for gap, each in zip(gaps, seen, strict=False)):
        return ""
    return ", ".join([f"{each:.2f} s" for each in seen] + ["never"] * (len(seen) < len(gaps)))


def _listed(gaps: Sequence[Gap]) -> str:
    return ", ".join(map(str, gaps))
