"""The plan: what a run would do to a platform, told without touching anything."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from psycopg.conninfo import conninfo_to_dict

from harness.baseline import KnownDefect
from harness.contract import Contract
from harness.report.terminal import families
from harness.settings import Settings
from harness.tag import SUITE
from harness.targets import Inngest, Target

WEBHOOKS, DELIVERIES, EVENTS = 440, 1750, 410
"""About how many a whole run makes, counted on the reference; a dispatcher that fails early gets fewer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The requirements of the tests that were selected.

    Attributes:
        judged: All of them.
        untenanted: Those whose tests publish for the tenant `default`, or for none.
        disturbing: Those whose tests stop a part of the platform.
    """

    judged: Sequence[str]
    untenanted: Sequence[str]
    disturbing: Sequence[str]


def plan(
    target: Target, settings: Settings, chosen: Chosen, baseline: Mapping[str, KnownDefect] | None = None
) -> Iterator[str]:
    """Return the plan, a line each; no secret is in it."""
    yield f"plan for the target {target.name} ({target.description or target.kind}); nothing has been touched"
    yield f"judged: {len({*chosen.judged})} requirements ({_families(chosen.judged)})"
    if target.inngest is None:
        yield "the suite starts everything itself, in places of its own, and removes it all at the end"
    else:
        yield from _where(target, target.inngest, settings)
        yield from _written(target, chosen)
        yield from _disturbed(target.control, chosen)
        yield "removed at the end: those webhooks and their deliveries, and nothing else; a receipt counts them"
        yield "not removed: events and runs in Inngest, which offers no way; what the platform itself logs"
    yield from _left_out("absent, so not applicable", target.lacks)
    yield from _left_out("waived, if it can't be verified", target.waived)
    yield from (f"accepted, if it fails: {each.requirement}, {each}" for each in (baseline or {}).values())


def _where(target: Target, inngest: Inngest, settings: Settings) -> Iterator[str]:
    database = conninfo_to_dict(target.dsn)
    receiver = target.receiver
    host = settings.receiver_host or receiver.host or receiver.listen
    yield f"dispatcher: {target.dispatcher.url}{target.dispatcher.serve}, function {target.app.slug}"
    yield f"kernel: {target.kernel.url or 'none'}"
    yield f"Inngest: {inngest.url}, mode {inngest.mode}"
    yield f"database: {database.get('dbname')} at {database.get('host')}, user {database.get('user', '(default)')}"
    yield f"receiver: here, on {receiver.listen}, port {receiver.port or 'any'}; the dispatcher must reach it as {host}"


def _written(target: Target, chosen: Chosen) -> Iterator[str]:
    yield (
        f"written into {target.webhooks.name}: about {WEBHOOKS} webhooks in a whole run, created_by '{SUITE} RUN', "
        "of tenants verify-RUN-…; some of default, and of what careless programs take for no tenant (None, null, …)"
    )
    yield f"written by the dispatcher into {target.deliveries.name}: about {DELIVERIES} rows"
    yield f"published: about {EVENTS} events under the names of the catalogue, test data in all of them"
    yield "for a moment: a trigger on each table, which refuses one write of a row of ours"
    if chosen.untenanted:
        yield (
            f"without a tenant, or for the tenant default: {_families(chosen.untenanted)}; "
            "unverified, and not published, if an enabled webhook of somebody else would hear of it"
        )


def _disturbed(control: Mapping[str, object], chosen: Chosen) -> Iterator[str]:
    if not chosen.disturbing:
        return
    tests = _families(chosen.disturbing)
    if control:
        yield f"disturbed by your own commands, one test at a time ({tests}): {', '.join(control)}"
    if missing := [part for part in ("inngest", "dispatcher", "database") if part not in control]:
        yield f"not disturbed: {', '.join(missing)}; what of {tests} needs it is unverified"
    if "inngest" in control:
        yield "Inngest's events and runs, everybody's, may go when it is stopped, or by [control.inngest] clear"


def _left_out(what: str, reasons: Mapping[str, str]) -> Iterable[str]:
    return (f"{what}: {name} ({reason})" for name, reason in reasons.items())


def _families(ids: Iterable[str]) -> str:
    """Return the requirements of those ids in short, in the contract's order."""
    wanted = {*ids}
    return families([requirement for requirement in Contract.read().values() if requirement.id in wanted])
