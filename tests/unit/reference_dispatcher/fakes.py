"""Parts that do what a test tells them to, and remember what they were asked."""

from collections.abc import Sequence
from typing import Any

from reference_dispatcher.values import Answer, Delivery, Outcome, PublishedEvent, RefusedError, Request, Webhook
from tests.unit.reference_dispatcher.making import answer, webhook


class FakeMatcher:
    """Always finds the same webhooks."""

    def __init__(self, *webhooks: int, failures: Sequence[Exception] = ()) -> None:
        self._webhooks = list(webhooks)
        self._failures = list(failures)
        self.asked: list[tuple[PublishedEvent, str]] = []

    async def match(self, event: PublishedEvent, tenant: str) -> list[int]:
        self.asked.append((event, tenant))
        if self._failures:
            raise self._failures.pop()
        return self._webhooks


class FakeReader:
    """Knows webhooks, which a test may change at any time."""

    def __init__(self, *webhooks: Webhook) -> None:
        self.webhooks = {known.webhook_id: known for known in webhooks or (webhook(),)}

    async def read(self, webhook_id: int) -> Webhook | None:
        return self.webhooks.get(webhook_id)


class FakeSender:
    """Answers the requests to a URL with what is scripted for it, in order; the last answer repeats."""

    def __init__(self, **answers: Sequence[int | str | Answer | RefusedError]) -> None:
        self._answers = {host: list(script) for host, script in answers.items()}
        self.requests: list[Request] = []

    async def send(self, request: Request) -> Answer:
        self.requests.append(request)
        script = self._answers.get(request.url.split("/")[2].split(".")[0], [200])
        scripted = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(scripted, RefusedError):
            raise scripted
        if isinstance(scripted, Answer):
            return scripted
        return answer(scripted) if isinstance(scripted, int) else answer(error=scripted)


class FakeRecorder:
    """Keeps rows in memory, by webhook and attempt; fails as often as it is told to."""

    def __init__(self, *, failures: int = 0) -> None:
        self.rows: dict[tuple[int, int], Outcome] = {}
        self._failures = failures

    async def record(self, delivery: Delivery, outcome: Outcome) -> None:
        if self._failures:
            self._failures -= 1
            raise ConnectionError("the database is away")
        self.rows[delivery.webhook_id, outcome.number] = outcome

    def of(self, webhook_id: int) -> list[tuple[int, str, Any]]:
        """Return attempt, status and code of the rows of a webhook."""
        rows = sorted(number for webhook, number in self.rows if webhook == webhook_id)
        return [
            (number, self.rows[webhook_id, number].status, self.rows[webhook_id, number].status_code) for number in rows
        ]
