"""The judge of rows: do they say exactly what the receiver saw?"""

from collections.abc import Sequence

from harness.clients.rows import Delivery
from harness.errors import UnmetError
from harness.journey import Journey
from harness.receiver.attempts import Attempt
from harness.webhooks import Webhook

_NEXT = "look at the step that records an attempt, and at what it is given."


def outcome_of(statuses: Sequence[int | None]) -> list[tuple[int, str, int | None]]:
    """Return the rows that attempts with these answers must leave: (attempt, status, code), the last one final."""
    last = len(statuses)
    return [(number, _word(code, final=number == last), code) for number, code in enumerate(statuses, start=1)]


def agree(attempts: Sequence[Attempt], rows: Sequence[Delivery]) -> None:
    """Check that one webhook's rows of one event are those that its attempts at rest must leave.

    Raises:
        UnmetError: A row is missing, is one too many, or says something else than what happened.
    """
    expected = outcome_of([attempt.status for attempt in attempts])
    seen = [(row.attempt_number, row.status, row.status_code) for row in rows]
    if seen != expected:
        raise UnmetError(f"rows (attempt, status, code) {expected}.", f"{seen}.", _NEXT, hop="recorded")


def rows_at_rest(journey: Journey, webhook: Webhook) -> tuple[Delivery, ...]:
    """Return the rows of an event for a webhook that it must reach, when its attempts are over.

    The end of the dispatcher's run says nothing of that: deliveries may be runs of their own.

    Raises:
        UnmetError: The run does not end, or nothing arrives: then no row can be judged.
    """
    journey.ends()
    journey.arrives(webhook)
    return journey.rows(webhook)


def _word(code: int | None, *, final: bool) -> str:
    if code is not None and 200 <= code < 300:  # noqa: PLR2004 - HTTP's successes
        return "success"
    return "failed" if final else "retrying"
