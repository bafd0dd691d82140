"""The judge of attempts: was each endpoint called exactly as often as its answers ask for?"""

from collections.abc import Mapping, Sequence

from harness.errors import UnmetError, shortened
from harness.journey import ENDS_WITHIN, Journey
from harness.webhooks import Webhook

Answers = Mapping[str, Sequence[int | None]]
"""What endpoints answer to an event, by the endpoint's name; None where they give no answer."""

ARRIVE_WITHIN = 5.0
"""Seconds that attempts may come after the end of the dispatcher's run, as not every dispatcher waits for them."""


def answered(journey: Journey, webhooks: Mapping[str, Webhook]) -> dict[str, list[int | None]]:
    """Return what each endpoint has answered to an event so far."""
    return {name: journey.attempts(webhook).statuses for name, webhook in webhooks.items()}


def settled(
    journey: Journey, webhooks: Mapping[str, Webhook], wanted: Answers, *, longer: float = 0.0
) -> dict[str, list[int | None]]:
    """Wait a moment until the endpoints have answered what is wanted, and return what they have answered then."""
    receiver = next(iter(webhooks.values())).receiver
    receiver.wait_for(lambda _: answered(journey, webhooks) == wanted, within=journey.within(ARRIVE_WITHIN + longer))
    return answered(journey, webhooks)


def must_answer(journey: Journey, webhooks: Mapping[str, Webhook], expected: Answers, *, longer: float = 0.0) -> None:
    """Wait for the end of an event's run, and check that each endpoint gave these answers and no other.

    Args:
        journey: Of the event.
        webhooks: The endpoints by name.
        expected: What each must have answered.
        longer: Seconds for which an endpoint keeps the dispatcher waiting.

    Raises:
        UnmetError: One was called too often, not often enough, or not at all.
    """
    journey.ends(ENDS_WITHIN + longer)
    must_have_answered(journey, webhooks, expected, longer=longer)


def must_have_answered(
    journey: Journey, webhooks: Mapping[str, Webhook], expected: Answers, *, longer: float = 0.0
) -> None:
    """Check as `must_answer` does, but whatever became of the run.

    Raises:
        UnmetError: One endpoint was called too often, not often enough, or not at all.
    """
    wanted = {name: list(statuses) for name, statuses in expected.items()}
    seen = settled(journey, webhooks, wanted, longer=longer)
    wrong = [name for name in wanted if seen[name] != wanted[name]]
    if wrong:
        raise UnmetError(
            f"{_listed(wanted, wrong, 'to answer')}.",
            f"{_listed(seen, wrong, 'answered')}.",
            "look at how the dispatcher tells a success from a failure, and at what it does after each.",
            hop="delivered",
        )


def must_complete(journey: Journey) -> None:
    """Wait for the end of an event's run, and check that it is a good one.

    Raises:
        UnmetError: It does not end, or in failure.
    """
    run = journey.ends()
    if run.status != "COMPLETED":
        raise UnmetError(
            f"run {run.id} to be COMPLETED.",
            f"{run.status}: {run.output}.",
            "what becomes of a webhook is an outcome for the run to count, not an error to end in.",
            hop="delivered",
        )


def _listed(answers: Answers, names: Sequence[str], verb: str) -> str:
    return shortened([f"{name!r} {verb} {', '.join(map(_word, answers[name])) or 'nothing'}" for name in names])


def _word(status: int | None) -> str:
    return "(no answer)" if status is None else str(status)
