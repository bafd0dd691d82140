"""Looks at a platform at which a hop was found broken; what can't be seen there is left open."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from harness.addresses import Addresses
from harness.clients.http import Http
from harness.clients.inngest import InngestClient
from harness.clients.triggers import fires, why_no_run
from harness.diagnosis import REFUSED, Facts
from harness.journey import Journey
from harness.processes.watching import tail
from harness.stack import Clients

T = TypeVar("T")

LINES = 200
"""How many of the last lines of a log are looked at."""

UP_TO_RUN = ("registered", "published", "stored", "run started")
"""The hops at which an event is lost if a part does not get through to Inngest."""


def gather(hop: str, journey: Journey | None, addresses: Addresses) -> Facts:
    """Return what is to be seen of a broken hop.

    Args:
        hop: The broken one.
        journey: The event that got lost there; None where none was followed.
        addresses: Where the parts of the session's stack are.
    """
    if journey is not None:
        inngest = journey.sources.inngest
        return _facts(hop, journey, addresses, inngest, journey.sources.slug)
    with closing(Clients.of(addresses)) as clients:
        return _facts(hop, None, addresses, clients.inngest, addresses.slug)


def _facts(hop: str, journey: Journey | None, addresses: Addresses, inngest: InngestClient, slug: str) -> Facts:
    own = inngest.http.base_url == addresses.engine
    name = str(journey.event.get("name")) if journey else ""
    functions = _seen(inngest.functions, None)
    triggers = next((each.triggers for each in functions or () if each.slug == slug), ())
    return Facts(
        hop=hop,
        slug=slug,
        engine=inngest.http.base_url,
        event=name,
        reply=journey.reply if journey else None,
        silent=dict(_silent(addresses)) if own else {},
        complaints=dict(_complaints(addresses)) if own and hop in UP_TO_RUN else {},
        functions=functions,
        apps=_seen(inngest.apps, ()),
        why_no_run=_seen(lambda: why_no_run(inngest, slug, name), "") if journey else "",
        fires=_seen(lambda: fires(triggers, name, inngest.version()), False),
        runs=_seen(lambda: tuple(inngest.run(run.id) for run in journey.runs()), ()) if journey else (),
        arrived=_seen(lambda: len(journey.arrivals()), 0) if journey else 0,
        rows=_seen(journey.recorded, ()) if journey else (),
    )


def _silent(addresses: Addresses) -> Iterator[tuple[str, str]]:
    """Return the parts at whose address nobody listens."""
    for part, url in (("dispatcher", addresses.dispatcher), ("kernel", addresses.kernel)):
        if url:
            with closing(Http(part, url)) as http:
                if not http.listens():
                    yield part, url


def _complaints(addresses: Addresses) -> Iterator[tuple[str, str]]:
    """Return the newest line of each part's log that tells of a connection which nobody took."""
    for part in ("dispatcher", "kernel") if addresses.logs else ():
        lines = tail(Path(addresses.logs) / f"{part}.log", LINES).splitlines()
        refused = [line.strip() for line in lines if REFUSED.search(line)]
        if refused:
            yield part, refused[-1]


def _seen(look: Callable[[], T], otherwise: T) -> T:
    """Look at what may be broken itself: what can't be seen must not hide the failure that is told."""
    try:
        return look()
    except Exception:  # noqa: BLE001 - a database that is gone says so in its own way
        return otherwise
