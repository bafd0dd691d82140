"""The judge of rows: do they say exactly what the receiver saw?"""

from collections.abc import Sequence

from harness.clients.rows import Delivery
from harness.errors import UnmetError
from harness.receiver.receiver import Attempt

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


def _word(code: int | None, *, final: bool) -> str:
    if code is not None and 200 <= code < 300:  # noqa: PLR2004 - HTTP's successes
        return "success"
    return "failed" if final else "retrying"
