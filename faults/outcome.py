"""Faults of judging an answer: what is a success, what is tried again, and what is followed."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin

from faults.catalogue import fault, with_parts
from faults.changes import with_attempter, with_policy
from reference_dispatcher.app import Design
from reference_dispatcher.attempt import Attempter
from reference_dispatcher.parts import Sender
from reference_dispatcher.retry import RetryPlan, RetryPolicy
from reference_dispatcher.values import Answer, Outcome, Request

Judge = Callable[[Answer], bool]


def with_success(design: Design, delivered: Judge) -> Design:
    """Return the design that takes other answers for a success."""
    return with_policy(design, delivered=lambda _, answer: delivered(answer))


def with_final(design: Design, final: Judge) -> Design:
    """Return the design that tries nothing again after some answers."""

    class Hasty(Attempter):
        def judge(self, plan: RetryPlan, number: int, answer: Answer) -> Outcome:
            return super().judge(replace(plan, max_attempts=number) if final(answer) else plan, number, answer)

    return with_attempter(design, Hasty)


def with_most_attempts(design: Design, most: Callable[[int], int]) -> Design:
    """Return the design that allows another number of attempts than the webhook does."""

    def plan(_: RetryPolicy, config: Any) -> RetryPlan:
        own = RetryPolicy().plan(config)
        return replace(own, max_attempts=most(own.max_attempts))

    return with_policy(design, plan=plan)


def is_json(body: bytes) -> bool:
    """Tell whether a body is JSON."""
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


def has(answer: Answer, codes: range) -> bool:
    """Tell whether an answer is whole and has one of these codes."""
    return answer.error is None and answer.status in codes


SUCCESS, REDIRECT, CLIENT_ERROR, BELOW_ERRORS = range(200, 300), range(300, 400), range(400, 500), range(200, 400)


def with_followed(design: Design, codes: range) -> Design:
    """Return the design that follows some redirects."""

    class Follower:
        def __init__(self, sender: Sender) -> None:
            self._sender = sender

        async def send(self, request: Request) -> Answer:
            answer = await self._sender.send(request)
            location = answer.headers.get("location")
            if location is None or not has(answer, codes):
                return answer
            return await self._sender.send(replace(request, url=urljoin(request.url, location)))

    return with_parts(design, lambda parts: replace(parts, sender=Follower(parts.sender)))


@fault("RET-01", hop="delivered", stays_green=("RET-02", "SIG-04"))
def success_is_200_alone(design: Design) -> Design:
    """An answer 201, 202 or 204 is a failure, and the event is posted again."""
    return with_success(design, lambda answer: has(answer, range(200, 201)))


@fault("RET-01", hop="delivered", stays_green=("RET-02", "RET-04"))
def success_needs_json(design: Design) -> Design:
    """The answer's body is read as JSON, and one that is none makes a failure of a success."""
    return with_success(design, lambda answer: has(answer, SUCCESS) and is_json(answer.body))


@fault("RET-02", hop="delivered", stays_green=("RET-01", "RET-03"))
def redirect_is_a_success(design: Design) -> Design:
    """Whatever is below 400 is a success."""
    return with_success(design, lambda answer: has(answer, BELOW_ERRORS))


@fault("RET-02", hop="delivered", stays_green=("RET-01", "RET-03"))
def redirects_followed(design: Design) -> Design:
    """A redirect is followed to wherever it leads."""
    return with_followed(design, REDIRECT)


@fault("RET-02", hop="delivered", stays_green=("RET-01", "RET-03"))
def redirects_that_keep_the_method_followed(design: Design) -> Design:
    """The redirects 307 and 308, which ask for the same POST elsewhere, are followed."""
    return with_followed(design, range(307, 309))


@fault("RET-03", hop="delivered", stays_green=("RET-01", "RET-02"))
def client_errors_final(design: Design) -> Design:
    """After an answer from 400 to 499 nothing is tried again."""
    return with_final(design, lambda answer: has(answer, CLIENT_ERROR))


@fault("RET-03", "RET-04", hop="delivered", stays_green=("RET-01", "SIG-01"))
def answers_final(design: Design) -> Design:
    """Lost connections alone are tried again: any answer ends the attempts."""
    return with_final(design, lambda answer: answer.status is not None)


@fault("RET-03", hop="delivered", stays_green=("RET-01", "RET-04"))
def lost_connection_swallowed(design: Design) -> Design:
    """An error of the connection is caught and forgotten, and the delivery counts as made."""
    return with_success(design, lambda answer: answer.status is None or has(answer, SUCCESS))


@fault("RET-03", hop="delivered", stays_green=("RET-01", "RET-04"))
def half_an_answer_is_enough(design: Design) -> Design:
    """The status line counts, though the connection broke before the end of the answer."""
    return with_success(
        design, lambda answer: has(answer, SUCCESS) or "after the beginning of an answer 2" in str(answer.error)
    )


@fault("RET-04", hop="delivered", stays_green=("RET-01", "SIG-04"))
def one_attempt_too_many(design: Design) -> Design:
    """The attempts allowed are taken for retries."""
    return with_most_attempts(design, lambda most: most + 1)


@fault("RET-04", hop="delivered", stays_green=("RET-01", "SIG-04"))
def three_attempts_for_all(design: Design) -> Design:
    """Every webhook gets three attempts, whatever it asks for."""
    return with_most_attempts(design, lambda _: 3)


@fault("RET-04", hop="delivered", stays_green=("RET-01", "SIG-01"))
def attempts_without_end(design: Design) -> Design:
    """A delivery is tried for as long as it fails."""
    return with_most_attempts(design, lambda _: 1000)
