"""SEC-02: with the guard on, nobody makes the dispatcher call an address inside."""

import ipaddress
import socket
from collections.abc import Iterable, Mapping
from contextlib import suppress

import pytest

from fixtures.guarded import INSIDE, NOBODY, OPEN, REBOUND, Guarded
from fixtures.platforms import published, written
from harness.errors import Inconclusive, UnmetError, shortened
from harness.journey import ENDS_WITHIN, Journey, Sources
from harness.receiver.answers import Answer
from harness.receiver.receiver import Receiver
from harness.receiver.tripwire import Tripwire, own_addresses
from harness.waiters import OutOfTimeError, until
from harness.webhooks import Webhook

pytestmark = pytest.mark.needs("guard")

ONCE = {"maxAttempts": 1, "backoffMs": 20}
ARRIVES_WITHIN, RECORDED_WITHIN = 5.0, 3.0
"""Seconds for a delivery, and for rows from the end of the run."""

EACH_TAKES = 1.0
"""Seconds by which a webhook may lengthen a run, as not every dispatcher serves all at the same time."""

LOOPBACK = (
    "127.0.0.1",
    "127.8.8.8",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "１２７.0.0.1",  # noqa: RUF001 - browsers and IDNA read these digits as the usual ones
    "0.0.0.0",  # noqa: S104 - it is called, not bound
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "localhost",
    "LocalHost.",
)
"""This machine, as URLs can spell it."""


@pytest.mark.requirement("SEC-02")
def test_nothing_inside_is_called_however_it_is_spelled(
    guarded: Guarded, tripwire: Tripwire, sources: Sources, receiver: Receiver
) -> None:
    """No spelling of an address of this machine gets a connection; without the guard the same port is called."""
    before = len(tripwire.connections)
    hosts = {host: f"http://{host}:{tripwire.port}/inside" for host in (*LOOPBACK, *_own_names())}
    endpoints = {host: guarded.webhooks.create(url=url, retry_config=ONCE) for host, url in hosts.items()}

    journey = guarded.publish()

    statuses = at_rest(journey, endpoints)
    must_not_call(tripwire.connections[before:])
    assert delivered(statuses) == []
    require_called_without_guard(tripwire, sources, receiver, guarded.webhooks.tenant)


@pytest.mark.requirement("SEC-02")
def test_no_name_and_no_redirect_leads_inside(guarded: Guarded, tripwire: Tripwire) -> None:
    """Neither a name that leads inside, at once or from its second look-up on, nor a redirect, gets a connection."""
    create, url = guarded.webhooks.create, f"http://{{}}:{tripwire.port}/inside".format
    require_names_of_ours(guarded, tripwire)
    before, inside = len(tripwire.connections), [INSIDE, *(f"[{host}]" if ":" in host else host for host in NOBODY)]
    redirect = Answer(302, headers=[("Location", url("127.0.0.1"))])
    endpoints = {host: create("claim/opened", url=url(host), retry_config=ONCE) for host in inside}
    endpoints["a redirect"] = _outside(guarded, tripwire, OPEN, "claim/opened", redirect)
    rebound = _outside(guarded, tripwire, REBOUND, "claim/opened", Answer(200))

    journey = guarded.publish("claim/opened")

    statuses = at_rest(journey, {**endpoints, REBOUND: rebound})
    must_not_call([*tripwire.connections[before:], *sorted(guarded.resolver.called() & {*NOBODY})])
    assert delivered(statuses) in ([], [REBOUND])


def at_rest(journey: Journey, endpoints: Mapping[str, Webhook]) -> dict[str, str | None]:
    """Wait for the end of an event's run and for a row of each webhook, and return what the rows say."""
    journey.ends(ENDS_WITHIN + len(endpoints) * EACH_TAKES)
    wanted = {webhook.id for webhook in endpoints.values()}
    with suppress(OutOfTimeError):
        until(lambda: {row.webhook_id for row in journey.recorded()} >= wanted, within=journey.within(RECORDED_WITHIN))
    rows = {row.webhook_id: row.status for row in journey.recorded()}
    return {name: rows.get(webhook.id) for name, webhook in endpoints.items()}


def delivered(statuses: Mapping[str, str | None]) -> list[str]:
    """Return where a row says anything but a failure; the contract does not ask for a row."""
    return [name for name, status in statuses.items() if status not in ("failed", None)]


def must_not_call(connections: Iterable[str]) -> None:
    """Check that there was no connection.

    Raises:
        UnmetError: There was one.
    """
    if seen := [each or "a connection without a word" for each in connections]:
        raise UnmetError(
            "no connection to an address inside while the guard is on.",
            f"{len(seen)}: {shortened(seen)}.",
            "resolve the name once, check every address it has in each form, and connect to the checked one alone.",
            hop="delivered",
        )


def require_called_without_guard(tripwire: Tripwire, sources: Sources, receiver: Receiver, tenant: str) -> None:
    """Make sure that a dispatcher without the guard calls the tripwire, or its silence would show nothing.

    Raises:
        Inconclusive: It does not.
    """
    path = f"/{tenant}/sentinel"
    written(sources, receiver, tenant).create(url=f"http://127.0.0.1:{tripwire.port}{path}", retry_config=ONCE)
    published(sources, tenant, [])()
    if not tripwire.wait_for(path, within=sources.within(ARRIVES_WITHIN)):
        raise Inconclusive(
            "the same dispatcher without its guard to call this machine by 127.0.0.1.",
            f"it did not within {sources.within(ARRIVES_WITHIN):g} s, so its silence shows no guard.",
            "let it run on this machine itself, not in a container; see PLAT-04.",
        )


def require_names_of_ours(guarded: Guarded, tripwire: Tripwire) -> None:
    """Make sure that the suite says where names lead in the dispatcher, and that an address outside is called.

    Raises:
        Inconclusive: It does not.
    """
    webhook = _outside(guarded, tripwire, OPEN, "policy/bound", Answer(200))
    try:
        guarded.publish().arrives(webhook, within=ARRIVES_WITHIN)
    except UnmetError as error:
        asked = guarded.resolver.looked_up(OPEN)
        raise Inconclusive(
            "a name that leads outside by the suite's own resolver to be called, guard or no guard.",
            f"the dispatcher asked that resolver {asked} time(s), and called nobody: {error.seen}",
            "Python and Node load the suite's hook; with another runtime waive SEC-02, and try such names by hand.",
        ) from None


def _outside(guarded: Guarded, tripwire: Tripwire, host: str, event: str, answer: Answer) -> Webhook:
    """Register an endpoint of the receiver under a name; by any other way the port is the tripwire's."""
    path = f"/{guarded.webhooks.tenant}/{host}/{answer.status}"
    url = f"http://{host}:{tripwire.port}{path}"
    return guarded.webhooks.create(event, url=url, path=path, answers=[answer], retry_config=ONCE)


def _own_names() -> list[str]:
    """Return how else this machine is called: by its private addresses, and by its name where that leads inside."""
    name = socket.gethostname()
    try:
        found = {str(each[4][0]) for each in socket.getaddrinfo(name, 80)}
    except OSError:
        found = set()
    inside = bool(found) and all(ipaddress.ip_address(each.partition("%")[0]).is_private for each in found)
    return [*(f"[{each}]" if ":" in each else each for each in own_addresses()), *([name] if inside else [])]
