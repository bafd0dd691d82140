"""Faults of retries: when an attempt is repeated, and for whom it no longer should be."""

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from faults.catalogue import fault, with_parts
from faults.changes import with_attempter, with_policy
from reference_dispatcher.app import Design
from reference_dispatcher.attempt import Attempter
from reference_dispatcher.parts import Sender
from reference_dispatcher.retry import DEFAULT_ATTEMPTS, RetryPlan, RetryPolicy
from reference_dispatcher.values import Answer, Delivery, Outcome, Request

AS_IT_SHOULD_BE = RetryPolicy()
YEAR = 365 * 24 * 3600.0


def with_wait(design: Design, change: Callable[[float, int, Answer], float]) -> Design:
    """Return the design that waits otherwise; the change gets the right wait, the attempt's number and its answer."""

    def wait(_: RetryPolicy, plan: RetryPlan, number: int, answer: Answer) -> float:
        return change(AS_IT_SHOULD_BE.wait(plan, number, answer), number, answer)

    return with_policy(design, wait=wait)


def with_plan(design: Design, change: Callable[[RetryPlan, Any], RetryPlan]) -> Design:
    """Return the design that reads `retry_config` otherwise; the change gets the right plan and what is written."""
    return with_policy(design, plan=lambda _, config: change(AS_IT_SHOULD_BE.plan(config), config))


def with_retry_after(design: Design, read: Callable[[str], float]) -> Design:
    """Return the design that has its own way to read `Retry-After`; it gets what was sent, and returns seconds."""

    def wait(_: RetryPolicy, plan: RetryPlan, number: int, answer: Answer) -> float:
        backoff = AS_IT_SHOULD_BE.wait(plan, number, replace(answer, headers={}))
        return max(backoff, read(answer.headers["retry-after"])) if "retry-after" in answer.headers else backoff

    return with_policy(design, wait=wait)


def asked(value: str) -> float:
    """Return the seconds that a receiver asks for, as they should be read."""
    answer = Answer(status=503, headers={"retry-after": value}, body=b"", error=None)
    return AS_IT_SHOULD_BE.wait(RetryPlan(max_attempts=2, backoff_ms=0), 1, answer)


@fault("RET-06", hop="delivered", stays_green=("RET-01", "RET-11"))
def milliseconds_taken_for_seconds(design: Design) -> Design:
    """A back-off of 250 ms lasts 250 s."""
    return with_wait(design, lambda wait, *_: wait * 1000)


@fault("RET-06", "RET-08", hop="delivered", stays_green=("RET-01", "RET-09"))
def seconds_taken_for_milliseconds(design: Design) -> Design:
    """Each wait is a thousandth of what it should be, as whoever gives the SDK's RetryAfterError a bare number gets."""
    return with_wait(design, lambda wait, *_: wait / 1000)


@fault("RET-06", hop="delivered", stays_green=("RET-08", "RET-09"))
def no_backoff(design: Design) -> Design:
    """What failed is tried again at once."""
    return with_plan(design, lambda plan, _: replace(plan, backoff_ms=0))


@fault("RET-06", hop="delivered", stays_green=("RET-01", "RET-11"))
def backoff_of_inngest(design: Design) -> Design:
    """The wait is left to the retries of Inngest, which begin with fifteen seconds whatever the webhook says."""
    return with_wait(design, lambda *_: 15.0)


@fault("RET-06", hop="delivered", stays_green=("RET-07", "RET-08"))
def backoff_grows_by_adding(design: Design) -> Design:
    """The third wait is three times the first, not four times."""
    return with_wait(design, lambda wait, number, _: wait * number / 2 ** (number - 1))


@fault("RET-06", hop="delivered", stays_green=("RET-07", "RET-08"))
def backoff_never_grows(design: Design) -> Design:
    """Every wait is as long as the first, since the counter of attempts begins anew in each step."""
    return with_wait(design, lambda wait, number, _: wait / 2 ** (number - 1))


@fault("RET-06", hop="delivered", stays_green=("RET-07", "RET-09"))
def backoff_doubled_too_early(design: Design) -> Design:
    """The first wait is already twice the back-off."""
    return with_wait(design, lambda wait, *_: wait * 2)


@fault("RET-07", hop="delivered", stays_green=("RET-01", "RET-09"))
def retries_in_lock_step(design: Design) -> Design:
    """All that failed for an event return at the moment that the first failure has set."""
    gates: dict[tuple[str, int], asyncio.Event] = {}
    gate: ContextVar[asyncio.Event | None] = ContextVar("gate", default=None)

    class Gathering(Attempter):
        async def make(self, delivery: Delivery, number: int, earlier: Outcome | None = None) -> Outcome:
            gate.set(gates.get((delivery.event_id, number)))
            outcome = await super().make(delivery, number, earlier)
            if outcome.resume_at and (delivery.event_id, number + 1) not in gates:
                opened = gates[delivery.event_id, number + 1] = asyncio.Event()
                seconds = (datetime.fromisoformat(outcome.resume_at) - datetime.now(UTC)).total_seconds()
                asyncio.get_running_loop().call_later(seconds + 0.5, opened.set)
            return outcome

    class Waiting:
        def __init__(self, sender: Sender) -> None:
            self._sender = sender

        async def send(self, request: Request) -> Answer:
            if mine := gate.get():
                await mine.wait()
            return await self._sender.send(request)

    return with_parts(with_attempter(design, Gathering), lambda parts: replace(parts, sender=Waiting(parts.sender)))


@fault("RET-08", hop="delivered", stays_green=("RET-06", "RET-09"))
def retry_after_ignored(design: Design) -> Design:
    """What a receiver asks for makes no difference."""
    return with_retry_after(design, lambda _: 0.0)


@fault("RET-08", hop="delivered", stays_green=("RET-06", "RET-09"))
def retry_after_of_503_ignored(design: Design) -> Design:
    """Only a 429 may ask for time."""
    return with_wait(design, lambda wait, _, answer: 0.02 if answer.status == 503 else wait)  # noqa: PLR2004 - HTTP's


@fault("RET-08", hop="delivered", stays_green=("RET-06", "RET-09"))
def retry_after_as_date_ignored(design: Design) -> Design:
    """Only a number of seconds is understood."""
    return with_retry_after(design, lambda value: asked(value) if value.isdigit() else 0.0)


@fault("RET-08", hop="delivered", stays_green=("RET-06", "RET-09"))
def retry_after_taken_for_milliseconds(design: Design) -> Design:
    """A receiver that asks for a second gets a thousandth of one."""
    return with_retry_after(design, lambda value: asked(value) / 1000 if value.isdigit() else asked(value))


@fault("RET-08", hop="delivered", stays_green=("RET-06", "RET-09"))
def retry_after_of_a_year_obeyed(design: Design) -> Design:
    """Whatever a receiver asks for is granted, up to a year."""
    return with_retry_after(design, lambda value: min(float(value), YEAR) if value.isdigit() else asked(value))


@fault("RET-08", hop="delivered", stays_green=("RET-06", "RET-09"))
def useless_retry_after_is_an_error(design: Design) -> Design:
    """A `Retry-After` that is no number ends the step in an error after the POST, so that it is made again."""
    return with_retry_after(design, lambda value: float(int(value)) if "," not in value else asked(value))


@fault("RET-12", hop="delivered", stays_green=("RET-06", "RET-09"))
def retry_config_never_checked(design: Design) -> Design:
    """What stands in `retry_config` is used as it is, and whatever is missing or no number is an error."""
    return with_plan(
        design, lambda _, config: RetryPlan(max_attempts=config["maxAttempts"] + 0, backoff_ms=config["backoffMs"] + 0)
    )


@fault("RET-12", hop="delivered", stays_green=("RET-06", "RET-09"))
def attempts_not_limited(design: Design) -> Design:
    """A thousand million attempts are made if the webhook says so."""

    def unlimited(plan: RetryPlan, config: Any) -> RetryPlan:
        most = config.get("maxAttempts") if isinstance(config, dict) else None
        return replace(plan, max_attempts=most) if isinstance(most, int) and most > plan.max_attempts else plan

    return with_plan(design, unlimited)


@fault("RET-12", hop="delivered", stays_green=("RET-06", "RET-09"))
def no_default_backoff(design: Design) -> Design:
    """Without a back-off of its own a webhook is tried again at once."""

    def bare(plan: RetryPlan, config: Any) -> RetryPlan:
        own = isinstance(config, dict) and isinstance(config.get("backoffMs"), int)
        return plan if own else replace(plan, backoff_ms=0)

    return with_plan(design, bare)


@fault("RET-12", hop="delivered", stays_green=("RET-06", "RET-09"))
def one_attempt_by_default(design: Design) -> Design:
    """Without a number of attempts of its own a webhook gets a single one."""

    def single(plan: RetryPlan, config: Any) -> RetryPlan:
        own = isinstance(config, dict) and isinstance(config.get("maxAttempts"), int)
        return plan if own or plan.max_attempts != DEFAULT_ATTEMPTS else replace(plan, max_attempts=1)

    return with_plan(design, single)
