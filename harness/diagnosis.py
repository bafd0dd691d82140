"""From what can be seen of a broken hop to its likely causes, the likeliest first, and to a symptom that has a page.

Nothing here looks at a platform: `harness.evidence` does, and this only judges what it saw.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from harness.clients.inngest_answers import App, Function, Reply, Run
from harness.clients.rows import Delivery

PAGE = "docs/troubleshooting.md"
REFUSED = re.compile(
    r"connection refused|ECONNREFUSED|errno 111|connection attempts failed|connecterror|no answer from"
    r"|nothing (?:answers|listens)|error: unreachable",
    re.IGNORECASE,
)
"""How programs say that nobody listens where they were sent."""


class Symptom(StrEnum):
    """What people see and search for: the sections of the page, by their anchors."""

    CONTAINER = "container-wont-start"
    EVENTS = "events-not-appearing-in-ui"
    FUNCTIONS = "functions-not-triggering"
    WEBHOOKS = "webhooks-not-being-delivered"
    REFUSED = "connection-refused-errors"

    @property
    def line(self) -> str:
        """The line that names it, with the place that explains it."""
        words = self.value.replace("-", " ").replace("wont", "won't")
        return f"Symptom: {words}, see {PAGE}#{self.value}"


OF_HOP = {
    "registered": Symptom.FUNCTIONS,
    "published": Symptom.EVENTS,
    "stored": Symptom.EVENTS,
    "run started": Symptom.FUNCTIONS,
    "delivered": Symptom.WEBHOOKS,
    "recorded": Symptom.WEBHOOKS,
}
"""What a person sees when an event does not get past a hop."""

SPOKEN = (
    (re.compile(r"^Expected: .*(?:to be free for the|to be ready at|to be done|to be started)"), Symptom.CONTAINER),
    (re.compile(r"^Expected: .*to reach the receiver"), Symptom.WEBHOOKS),
    (re.compile(r"^Expected: .*(?:the canary to start a run|to be there to be run by hand)"), Symptom.FUNCTIONS),
    (REFUSED, Symptom.REFUSED),
)
"""What errors say that end a run before any hop is looked at; the first that fits counts."""


LONGEST = 240
"""Letters of evidence that are told of a cause at most."""


class Weight(IntEnum):
    """How well what was seen explains the broken hop."""

    POSSIBLE = 1
    LIKELY = 2
    EXPLAINS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why a hop may be broken.

    Attributes:
        seen: The evidence, whole: it is cut when it is told, for half a secret could not be hidden any more.
        do: What to do about it.
        symptom: What it is to people, where that is not what the hop says.
    """

    weight: Weight
    seen: str
    do: str
    symptom: Symptom | None = None

    def __str__(self) -> str:
        seen = self.seen if len(self.seen) <= LONGEST else f"{self.seen[:LONGEST]}…"
        return f"{seen} → {self.do}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What was seen when a hop was found broken.

    Attributes:
        hop: The broken one.
        slug: The dispatcher's function as Inngest names it.
        engine: Where Inngest is.
        event: The name of the event that got lost; empty where none was followed.
        reply: What the event API said of it.
        silent: The parts at whose address nobody listens, each with it.
        complaints: The newest line of each part's log that tells of a refused connection.
        functions: What Inngest knows; None where it could not be asked.
        apps: The apps that Inngest was told of.
        why_no_run: What the registration says of an event that starts no run.
        fires: Whether a trigger of the function matches the event.
        runs: The dispatcher's runs for the event.
        arrived: How many requests the receiver got for it.
        rows: Its rows.
    """

    hop: str
    slug: str
    engine: str
    event: str = ""
    reply: Reply | None = None
    silent: Mapping[str, str] = field(default_factory=dict)
    complaints: Mapping[str, str] = field(default_factory=dict)
    functions: tuple[Function, ...] | None = None
    apps: tuple[App, ...] = ()
    why_no_run: str = ""
    fires: bool = False
    runs: tuple[Run, ...] = ()
    arrived: int = 0
    rows: tuple[Delivery, ...] = ()

    @property
    def happened(self) -> bool:
        """Whether the event came through the hop, so that only what it looked like there is wrong."""
        function = self.function
        return {
            "registered": function is not None and function.connected,
            "run started": bool(self.runs),
            "delivered": bool(self.arrived),
            "recorded": bool(self.rows),
        }.get(self.hop, False)

    @property
    def function(self) -> Function | None:
        """The dispatcher's function, if Inngest knows it."""
        return next((each for each in self.functions or () if each.slug == self.slug), None)


def causes(facts: Facts) -> list[Cause]:
    """Return what may have broken the hop, the best explained first; nothing where the event came through it."""
    if facts.happened:
        return []
    rules = (_silence, _refusals, _registration, _triggers, _publication, _run, _delivery, _recording)
    found = [cause for rule in rules for cause in rule(facts)]
    return sorted(found, key=lambda cause: -cause.weight)


def symptom(facts: Facts, likely: list[Cause]) -> Symptom | None:
    """Return what people call it; nothing where the event came through the hop, or for which there is no page."""
    if facts.happened:
        return None
    return (likely[0].symptom if likely else None) or OF_HOP.get(facts.hop)


def symptom_of(text: str) -> Symptom | None:
    """Return what people call an error that ended a run, by its text in three lines."""
    return next((symptom for pattern, symptom in SPOKEN if pattern.search(text)), None)


def _silence(facts: Facts) -> Iterator[Cause]:
    for part, url in facts.silent.items():
        seen = f"nothing listens at {url}, where the {part} should be"
        do = "start it, or correct its address; its log says why it ended"
        yield Cause(weight=Weight.EXPLAINS, seen=seen, do=do, symptom=Symptom.REFUSED)


def _refusals(facts: Facts) -> Iterator[Cause]:
    for part, line in facts.complaints.items():
        seen = f"the {part}'s log says: {line}"
        do = f"compare where it connects to with where Inngest listens, {facts.engine} (INNGEST_BASE_URL)"
        yield Cause(weight=Weight.EXPLAINS, seen=seen, do=do, symptom=Symptom.REFUSED)


def _registration(facts: Facts) -> Iterator[Cause]:
    if facts.hop not in ("registered", "run started") or facts.functions is None or facts.function:
        return
    for app in facts.apps:
        if not app.connected:
            refused = Symptom.REFUSED if REFUSED.search(str(app)) else None
            do = "see on which address it listens" if refused else "ask there by hand: PUT brings the configuration"
            yield Cause(weight=Weight.EXPLAINS, seen=f"Inngest has {app}", do=do, symptom=refused)
    if facts.functions:
        known = ", ".join(each.slug for each in facts.functions)
        do = "correct the app's or the function's id, there or in the target's file"
        yield Cause(weight=Weight.EXPLAINS, seen=f"Inngest knows {known}, and no {facts.slug}", do=do)
    elif not facts.apps:
        do = f"sync it: PUT to its serve path; is its INNGEST_BASE_URL {facts.engine}?"
        yield Cause(weight=Weight.LIKELY, seen="Inngest knows no function at all", do=do)


def _triggers(facts: Facts) -> Iterator[Cause]:
    function = facts.function
    if facts.hop != "run started" or function is None:
        return
    if not function.connected:
        seen = f"Inngest says of the app at {function.app_url}: {function.app_error or 'not connected'}"
        yield Cause(weight=Weight.LIKELY, seen=seen, do="see whether Inngest reaches that address")
    if facts.fires:
        yield Cause(
            weight=Weight.POSSIBLE,
            seen=f"a trigger matches {facts.event}, and no run is there yet",
            do="if Inngest is slow here, give it more time: WAIT_SCALE=3",
        )
    else:
        seen, _, do = facts.why_no_run.rpartition(". ")
        yield Cause(weight=Weight.EXPLAINS, seen=seen, do=do.lower().rstrip("."))


def _publication(facts: Facts) -> Iterator[Cause]:
    if facts.hop == "published" and facts.reply and facts.reply.error:
        seen = f"Inngest answered {facts.reply.status}: {facts.reply.error}"
        yield Cause(weight=Weight.EXPLAINS, seen=seen, do="compare event key and event with what Inngest accepts")
    elif facts.hop in ("published", "stored"):
        yield Cause(
            weight=Weight.LIKELY,
            seen=f"Inngest at {facts.engine} does not have the event",
            do="see where its publisher sends: INNGEST_BASE_URL and INNGEST_EVENT_KEY",
        )


def _run(facts: Facts) -> Iterator[Cause]:
    if facts.hop not in ("delivered", "recorded"):
        return
    for run in facts.runs:
        if not run.ended:
            seen = f"run {run.id} is still {run.status}"
            yield Cause(weight=Weight.LIKELY, seen=seen, do="see what its newest step waits for")
        elif run.status != "COMPLETED":
            seen = f"run {run.id} ended as {run.status}: {run.output}"
            yield Cause(weight=Weight.EXPLAINS, seen=seen, do="mend what it says")


def _delivery(facts: Facts) -> Iterator[Cause]:
    if facts.hop != "delivered":
        return
    failed = [row for row in facts.rows if row.status_code is None and row.error_message]
    if failed:
        seen = f"the dispatcher tried, and recorded: {failed[-1].error_message}"
        do = "give the receiver an address that the dispatcher reaches (RECEIVER_HOST), or mend the webhook's URL"
        yield Cause(weight=Weight.EXPLAINS, seen=seen, do=do)
    elif any(row.status == "success" for row in facts.rows):
        seen = "the dispatcher recorded a success for what did not arrive here"
        yield Cause(weight=Weight.EXPLAINS, seen=seen, do="see where it really sends, and what stands between")
    elif not facts.rows and any(run.status == "COMPLETED" for run in facts.runs):
        seen = "the run ended well, without a request and without a row: it matched no webhook"
        do = "compare tenant_id, event_type and enabled of the webhook; does the dispatcher use this database?"
        yield Cause(weight=Weight.LIKELY, seen=seen, do=do)


def _recording(facts: Facts) -> Iterator[Cause]:
    if facts.hop == "recorded" and facts.arrived:
        seen = f"{facts.arrived} request(s) arrived, and there is no row of the event"
        do = "look at the step that records and its transaction; does the dispatcher use this database?"
        yield Cause(weight=Weight.LIKELY, seen=seen, do=do)
