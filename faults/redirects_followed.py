"""A redirect is followed to wherever it leads."""

from dataclasses import replace
from urllib.parse import urljoin

from reference_dispatcher.app import run
from reference_dispatcher.delivery import HttpSender
from reference_dispatcher.guard import Guard
from reference_dispatcher.parts import Parts, default_parts
from reference_dispatcher.settings import Settings
from reference_dispatcher.values import Answer, Request

MUST_BREAK, HOP = ("RET-02",), "delivered"


class Follower(HttpSender):
    """Goes where it is sent."""

    async def send(self, request: Request) -> Answer:
        answer = await super().send(request)
        location = answer.headers.get("location")
        if answer.status is None or not 300 <= answer.status < 400 or location is None:  # noqa: PLR2004 - redirects
            return answer
        return await super().send(replace(request, url=urljoin(str(request.url), location)))


def _parts(settings: Settings) -> Parts:
    guard = Guard(allow_private=settings.webhook_allow_private)
    return replace(default_parts(settings), sender=Follower(guard, timeout=settings.webhook_timeout))


if __name__ == "__main__":
    run(_parts)
