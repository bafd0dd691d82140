"""The hops of an event: what was seen of each, when it happened, and how a person reads that."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from harness.clients.inngest_answers import Reply, Run
from harness.clients.rows import Delivery
from harness.errors import shortened
from harness.receiver.attempts import Attempt

HOPS = ("stack", "registered", "published", "stored", "run started", "delivered", "recorded")
"""Where an event can be lost; the first two are the ground it travels on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """What is known of one hop.

    Attributes:
        good: Whether the event came through; None where nothing is known to be wrong or right.
        at: When it did, first, in seconds since the epoch; None where it did not, or nobody tells.
    """

    name: str
    good: bool | None
    seen: str
    at: float | None = None

    def __str__(self) -> str:
        sign = {True: "✔", False: "✘", None: "·"}[self.good]
        return f"{self.name:<11} {sign} {self.seen}"


def published(reply: Reply, at: float) -> Hop:
    """Return what the event API said; what it refused is lost."""
    accepted = reply.status == 200  # noqa: PLR2004 - HTTP's OK
    seen = f"{reply.status} {reply.error or ''} Inngest id {(*reply.ids, 'none')[0]}"
    return Hop(name="published", good=accepted, seen=seen, at=at if accepted else None)


def stored(event: dict[str, Any] | None, inngest_id: str) -> Hop:
    """Return whether Inngest holds the event, and since when."""
    at = _moment((event or {}).get("received_at"))
    return Hop(name="stored", good=event is not None, seen=f"{'as' if event else 'no event'} {inngest_id}", at=at)


def started(runs: Sequence[Run], slug: str) -> Hop:
    """Return the dispatcher's runs for the event, with what they left."""
    seen = "; ".join(f"run {run.id} {run.status} {_short(run.output)}" for run in runs)
    at = min((run.started.timestamp() for run in runs if run.started), default=None)
    return Hop(name="run started", good=bool(runs), seen=seen or f"no run of {slug}", at=at)


def delivered(attempts: Sequence[Attempt], since: float) -> Hop:
    """Return what arrived, in milliseconds after the publication at `since`."""
    answers = [
        (each.target.rpartition("/")[2], f"{each.status or 'unanswered'} after {(each.at - since) * 1000:.0f} ms")
        for each in attempts
    ]
    at = min((each.at for each in attempts), default=None)
    return Hop(name="delivered", good=True if attempts else None, seen=_grouped(answers) or "nothing arrived", at=at)


def recorded(rows: Sequence[Delivery]) -> Hop:
    """Return the rows of the event."""
    outcomes = [
        (f"webhook {row.webhook_id}", f"#{row.attempt_number} {row.status} {row.status_code or 'without a code'}")
        for row in rows
    ]
    return Hop(name="recorded", good=True if rows else None, seen=_grouped(outcomes) or "no row")


def time_between(hops: Sequence[Hop], broken: str, *, since: float, now: float) -> str:
    """Tell how long after the last good hop the broken one happened, or has been waited for; empty if nobody knows.

    Args:
        hops: Those of one journey, in their order.
        broken: The hop at which it broke.
        since: When the event was published.
        now: When it was looked at.
    """
    place = next((place for place, hop in enumerate(hops) if hop.name == broken), 0)
    good = [hop for hop in hops[:place] if hop.good]
    if not good:
        return ""
    last, bad = good[-1], hops[place]
    known = next((hop.at for hop in reversed(good) if hop.at is not None), since)
    when = "" if last.at is None or last.name == "published" else f", {_duration(last.at - since)} after publishing"
    if bad.at is None:
        return f"not seen for {_duration(now - known)} since the last good one ({last.name}{when})"
    return f"{_duration(bad.at - known)} after the last good one ({last.name}{when})"


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{max(0.0, seconds) * 1000:.0f} ms"


def _moment(text: Any) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _grouped(pairs: Iterable[tuple[str, str]]) -> str:
    """Return what belongs to one name in one bracket: `a [500, 200]; b [200]`."""
    groups: dict[str, list[str]] = {}
    for name, value in pairs:
        groups.setdefault(name, []).append(value)
    return shortened([f"{name} [{', '.join(values)}]" for name, values in groups.items()], limit=6)


def _short(value: Any, limit: int = 160) -> str:
    text = json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else value
    return text if len(text) <= limit else f"{text[:limit]}…"
