"""The judge of matching: did an event reach exactly the webhooks that it must reach, each once?"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from harness.errors import UnmetError, shortened
from harness.journey import Journey
from harness.judges.outcomes import settled
from harness.webhooks import Webhook, Webhooks

DEFAULT_TENANT = "default"
"""Whose an event without a tenant is. Every test shares it, so judge there by your own events and paths only."""


def must_reach(journey: Journey, webhooks: Mapping[str, Webhook], names: Collection[str]) -> None:
    """Check that an event whose run has ended reached the webhooks of these names once each, and no other.

    Args:
        journey: Of the event.
        webhooks: All that could have got it, by names that tell how they differ; all answer 200.
        names: Those that must get it.

    Raises:
        UnmetError: One missed it, got it again, or should not have got it.
    """
    wanted = {name: [200] * (name in names) for name in webhooks}
    answers = settled(journey, webhooks, wanted)
    wrong = [name for name in webhooks if answers[name] != wanted[name]]
    if wrong:
        goal = shortened(sorted(names)) or "no webhook"
        raise UnmetError(
            f"{journey.event['name']} {journey.id} once at {goal}, and nowhere else.",
            f"{shortened([_told(name, answers[name]) for name in wrong])}.",
            "compare the rows of those webhooks with the event, and with the query that matches them.",
            hop="delivered",
        )


@contextmanager
def default_webhook(webhooks: Webhooks, event_type: str = "*") -> Iterator[Webhook]:
    """Give a webhook of the tenant that all tests share, and disable it afterwards; its rows stay for the ledger."""
    webhook = webhooks.create(event_type, tenant=DEFAULT_TENANT)
    try:
        yield webhook
    finally:
        webhooks.update(webhook, enabled=False)


def _told(name: str, statuses: list[int | None]) -> str:
    return f"{name!r} answered {', '.join(map(str, statuses))}" if statuses else f"{name!r} missed it"
