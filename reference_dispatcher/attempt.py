"""One attempt: read the webhook, build and sign the request, send it, and say what became of it."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from reference_dispatcher.parts import Parts
from reference_dispatcher.retry import RetryPlan
from reference_dispatcher.values import Answer, Delivery, Envelope, Outcome, RefusedError, Request, Webhook

KEPT_CHARACTERS = 1000

MOST_CUT_OFF = 1.0
"""Seconds by which a server may end a sleep too early; a clock that is off by more must not hold up a step."""

log = logging.getLogger("reference_dispatcher")


class Attempter:
    """Makes attempts. A bad receiver or a bad webhook is an outcome, never an exception."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    async def make(self, delivery: Delivery, number: int, earlier: Outcome | None = None) -> Outcome:
        """Make attempt `number` and return its outcome.

        The webhook is read anew, so that a changed URL, secret, header or switch counts from the next attempt on.

        Args:
            delivery: What is delivered to whom.
            number: 1 for the first attempt.
            earlier: The outcome of the attempt before.
        """
        await _not_before(earlier)
        webhook = await self.parts.reader.read(delivery.webhook_id)
        if webhook is None:
            return _logged(delivery, _stopped(number, "the webhook is deleted"))
        if obstacle := self.obstacle(webhook, number):
            return _logged(delivery, _stopped(number, obstacle))
        try:
            answer = await self.parts.sender.send(self.request(delivery, webhook))
        except RefusedError as refusal:
            return _logged(delivery, _refused(number, str(refusal)))
        return _logged(delivery, self.judge(self.parts.policy.plan(webhook.retry_config), number, answer))

    def obstacle(self, webhook: Webhook, number: int) -> str | None:
        """Say why a webhook that was to get this attempt no longer does."""
        if not webhook.enabled:
            return "the webhook is disabled"
        if number > self.parts.policy.plan(webhook.retry_config).max_attempts:
            return "the webhook allows fewer attempts than before"
        return None

    def request(self, delivery: Delivery, webhook: Webhook) -> Request:
        """Build and sign the request.

        Raises:
            RefusedError: The webhook or the event is not fit for one.
        """
        if delivery.body is None:
            raise RefusedError(delivery.refusal or "there is no payload")
        body = delivery.body.encode()
        envelope = Envelope(delivery_id=delivery.delivery_id, sent_at=int(datetime.now(UTC).timestamp()), body=body)
        own = {
            "User-Agent": "beema-webhooks/1",
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "Connection": "close",
            "Content-Type": "application/json",
            "X-Beema-Event": delivery.event_type,
            "X-Beema-Delivery": delivery.delivery_id,
            **self.parts.signer.sign(envelope, webhook),
        }
        return Request(url=webhook.url or "", headers=self.parts.merge_headers(webhook.headers, own), body=body)

    def judge(self, plan: RetryPlan, number: int, answer: Answer) -> Outcome:
        """Say what an answer makes of an attempt, and when the next one may be made."""
        finished = datetime.now(UTC)
        heard: dict[str, Any] = {
            "number": number,
            "status_code": answer.status,
            "response_body": None if answer.error else _text(answer.body),
            "finished_at": finished.isoformat(),
        }
        if self.parts.policy.delivered(answer):
            return Outcome(status="success", **heard)
        heard["error_message"] = answer.error or f"the receiver answered {answer.status}"
        gone = self.parts.policy.gone(answer)
        if gone or number >= plan.max_attempts:
            return Outcome(status="failed", disable=gone, **heard)
        resume = finished + timedelta(seconds=self.parts.policy.wait(plan, number, answer))
        return Outcome(status="retrying", resume_at=resume.isoformat(), **heard)


async def _not_before(earlier: Outcome | None) -> None:
    """Wait out what the server cut off the sleep: real ones round its end to a whole second."""
    if earlier is not None and earlier.resume_at is not None:
        left = (datetime.fromisoformat(earlier.resume_at) - datetime.now(UTC)).total_seconds()
        await asyncio.sleep(min(left, MOST_CUT_OFF))


def _refused(number: int, reason: str) -> Outcome:
    return Outcome(number=number, status="failed", error_message=reason, finished_at=datetime.now(UTC).isoformat())


def _stopped(number: int, reason: str) -> Outcome:
    return Outcome(number=number, status="stopped", error_message=reason, finished_at=datetime.now(UTC).isoformat())


def _text(body: bytes) -> str:
    """Return the beginning of an answer as text that a database can hold, whatever the receiver sent."""
    return body.decode(errors="replace").replace("\0", "")[:KEPT_CHARACTERS]


def one_line(text: str) -> str:
    """Return a publisher's text in a form that cannot break a line of the log."""
    return text.encode("unicode_escape").decode()


def _logged(delivery: Delivery, outcome: Outcome) -> Outcome:
    log.info(
        "attempt event=%s webhook=%d number=%d status=%s code=%s error=%s",
        one_line(delivery.event_id),
        delivery.webhook_id,
        outcome.number,
        outcome.status,
        outcome.status_code or "-",
        outcome.error_message or "-",
    )
    return outcome
