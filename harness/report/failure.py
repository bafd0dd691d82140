"""What a person reads of one failed test: the promise, expected / seen / next, and the journey with its broken hop."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from harness.addresses import Addresses
from harness.contract import Contract
from harness.diagnosis import causes, symptom
from harness.errors import HarnessError, UnmetError, three_lines
from harness.evidence import gather
from harness.hops import HOPS, time_between
from harness.journey import Journey
from harness.redaction import Redactor
from harness.report.next_command import next_command
from harness.targets import Target

NEXT = {
    "stack": "read the log of the part that is named, in the artifacts; is it up, on the address that was configured?",
    "registered": "see what Inngest knows of the app (GET /dev), and the dispatcher's log of PUT on its serve path.",
    "published": "send the event by hand (`curl -d @event.json $INNGEST/e/local`) and read the answer.",
    "stored": "compare the event in Inngest (`/v1/events/<id>`) with what was sent.",
    "run started": "compare the function's triggers with the event's name; a bare * never fires.",
    "delivered": "compare the attempts above with the webhook's row, and read the dispatcher's log of that event id.",
    "recorded": "compare the rows with the attempts above; look at the step that records, and at its transaction.",
}
"""What to do about a broken hop when the check itself gives no advice."""


CAUSES = 3
"""How many causes are told: who has tried three looks for himself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Where a failure happened: the stack, and who is judged on it."""

    addresses: Addresses
    target: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A failed test in words.

    Attributes:
        hop: The first broken hop.
        reason: One line for tables.
        text: All of it.
    """

    hop: str
    reason: str
    text: str


def describe(
    error: BaseException,
    *,
    requirements: Sequence[str],
    promise: str,
    journeys: Sequence[Journey],
    where: str,
    redactor: Redactor,
    scene: Scene | None = None,
) -> Failure:
    """Put a failed test into words.

    Args:
        error: What the test raised.
        requirements: Ids that it judges.
        promise: The sentence that it guards.
        journeys: The events that it published.
        where: File and line of the assertion.
        redactor: Hides the secrets, before a line is cut and a half of one can't be told any more.
        scene: The platform, for the likely causes; None where it can't be looked at.
    """
    now = time.time()
    hop = _hop(error, requirements, journeys)
    lines = redactor.text(_three_lines(error, promise, hop))
    telling = _most_telling(journeys, hop)
    lost = telling[0] if telling else None
    contract = Contract.read()
    promises = [f"{each} [{contract[each].level}] {contract[each].text}" for each in requirements]
    broken = [
        f"Broken hop: {hop}{_time_between(lost, hop, now)}",
        *(_diagnosis(hop, lost, scene, redactor) if scene else ()),
    ]
    text = "\n".join([*promises, "", lines, "", *broken, *_stories(telling, hop), f"where: {where}"])
    seen = lines.split("\nSeen: ")[1].splitlines()[0]
    return Failure(hop=hop, reason=seen[:200], text=redactor.text(text))


def _hop(error: BaseException, requirements: Sequence[str], journeys: Sequence[Journey]) -> str:
    """Find the first broken hop: as the check says, else as a journey shows by itself, else as the contract says."""
    if isinstance(error, UnmetError) and error.hop:
        return error.hop
    shown = [hop for journey in journeys if (hop := _safely(journey.broken_hop)) in HOPS]
    contract = Contract.read()
    by_contract = [contract[each].hop for each in requirements]
    return min(shown or by_contract, key=HOPS.index, default="stack")


def _three_lines(error: BaseException, promise: str, hop: str) -> str:
    if isinstance(error, HarnessError):
        return str(error)
    seen = str(error) or type(error).__name__
    return three_lines(promise, seen.removeprefix("assert ").strip(), NEXT[hop])


def _most_telling(journeys: Sequence[Journey], hop: str, limit: int = 3) -> list[Journey]:
    """Return the journeys to print: those that are broken by themselves, first at this hop; else the newest."""
    broken = {journey: shown for journey in journeys if (shown := _safely(journey.broken_hop))}
    return sorted(broken, key=lambda journey: broken[journey] != hop)[:limit] or list(journeys[-limit:])


def _time_between(journey: Journey | None, hop: str, now: float) -> str:
    """Return how long after the last good hop the broken one came, or was waited for; empty where nobody can tell."""
    told = journey and _safely(lambda: time_between([*journey.hops()], hop, since=journey.at, now=now))
    return f", {told}" if told else ""


def _diagnosis(hop: str, journey: Journey | None, scene: Scene, redactor: Redactor) -> Iterator[str]:
    """Return the symptom, the likely causes, the likeliest first, and the command that shows more."""
    facts = gather(hop, journey, scene.addresses)
    likely = causes(facts)
    if found := symptom(facts, likely):
        yield found.line
    for place, cause in enumerate(likely[:CAUSES], start=1):
        shown = replace(cause, seen=redactor.text(cause.seen))
        yield f"{'Likely causes:' if place == 1 else '              '} {place}. {shown}"
    yield f"Next command: {next_command(hop, journey, scene.addresses, scene.target)}"


def _stories(journeys: Sequence[Journey], hop: str) -> Iterator[str]:
    """Return the stories; of journeys that were lost at this hop that of the first, and the names of the others."""
    lost = [journey for journey in journeys if _safely(journey.broken_hop) == hop]
    yield from (_told(journey) for journey in journeys if journey not in lost[1:])
    if lost[1:]:
        yield f"also lost at this hop: {', '.join(journey.title for journey in lost[1:])}"


def _told(journey: Journey) -> str:
    return _safely(journey.story) or f"{journey!r}: could not be looked at"


def _safely(look: Callable[[], str | None]) -> str | None:
    """Look at a stack that may be broken: what can't be seen is no reason to lose the failure itself."""
    try:
        return look()
    except Exception as error:  # noqa: BLE001 - a database that is gone says so in its own way
        return str(error) or type(error).__name__
