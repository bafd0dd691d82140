"""Faults of judging an answer: what is a success, what is tried again, and what is followed."""

from dataclasses import replace
from urllib.parse import urljoin

from faults.catalogue import fault, with_parts
from reference_dispatcher.app import Design
from reference_dispatcher.parts import Sender
from reference_dispatcher.values import Answer, Request


@fault("RET-02", hop="delivered", stays_green=("RET-01", "RET-03"))
def redirects_followed(design: Design) -> Design:
    """A redirect is followed to wherever it leads."""

    class Follower:
        def __init__(self, sender: Sender) -> None:
            self._sender = sender

        async def send(self, request: Request) -> Answer:
            answer = await self._sender.send(request)
            location = answer.headers.get("location")
            if answer.status is None or not 300 <= answer.status < 400 or location is None:  # noqa: PLR2004 - redirects
                return answer
            return await self._sender.send(replace(request, url=urljoin(request.url, location)))

    return with_parts(design, lambda parts: replace(parts, sender=Follower(parts.sender)))
