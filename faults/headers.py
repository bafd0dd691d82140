"""Faults of the headers: whose they are, and whom they reach."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from faults.catalogue import fault, with_parts
from faults.changes import with_attempter
from reference_dispatcher.app import Design
from reference_dispatcher.attempt import Attempter
from reference_dispatcher.headers import merge, reserved
from reference_dispatcher.parts import Parts
from reference_dispatcher.values import Answer, Delivery, Outcome, PublishedEvent, Request

Headers = tuple[tuple[str, str], ...]
PATIENCE = 2.0


def texts(configured: Any) -> dict[str, str]:
    """Return the configured headers that are texts, which these dispatchers take as they are."""
    pairs = configured.items() if isinstance(configured, dict) else ()
    return {name: value for name, value in pairs if isinstance(value, str)}


@fault("REQ-05", hop="delivered", stays_green=("REQ-02", "REQ-06"))
def type_of_the_webhook_in_the_header(design: Design) -> Design:
    """The header names what the webhook asked for, `*`, and not the event."""

    class Naming(Attempter):
        asked = "SELECT event_type FROM sys_webhooks WHERE webhook_id = %(id)s"

        async def make(self, delivery: Delivery, number: int, earlier: Outcome | None = None) -> Outcome:
            [row] = await self.parts.database.rows(self.asked, {"id": delivery.webhook_id})
            return await super().make(replace(delivery, event_type=row["event_type"]), number, earlier)

    return with_attempter(design, Naming)


@fault("REQ-06", hop="delivered", stays_green=("REQ-05", "SIG-04"))
def configured_headers_dropped_on_retry(design: Design) -> Design:
    """The headers of a webhook are sent with the first attempt alone."""

    class Forgetting(Attempter):
        async def make(self, delivery: Delivery, number: int, earlier: Outcome | None = None) -> Outcome:
            bare = replace(self.parts, merge_headers=lambda _, own: self.parts.merge_headers({}, own))
            return await Attempter(self.parts if number == 1 else bare).make(delivery, number, earlier)

    return with_attempter(design, Forgetting)


@fault("REQ-06", hop="delivered", stays_green=("REQ-05", "SIG-04"))
def configured_headers_shared(design: Design) -> Design:
    """The headers of a webhook become those of the client, which all webhooks share."""
    shared: dict[str, str] = {}

    def merged(configured: Any, own: Mapping[str, str]) -> Headers:
        shared.update(texts(configured))
        return merge(shared, own)

    return with_parts(design, lambda parts: replace(parts, merge_headers=merged))


@fault("REQ-07", hop="delivered", stays_green=("REQ-05", "REQ-06"))
def configured_headers_win(design: Design) -> Design:
    """A configured header takes the place of ours that has its name."""

    def merged(configured: Any, own: Mapping[str, str]) -> Headers:
        named = {name.lower(): (name, value) for name, value in (*own.items(), *texts(configured).items())}
        return tuple(named.values())

    return with_parts(design, lambda parts: replace(parts, merge_headers=merged))


@fault("REQ-07", hop="delivered", stays_green=("REQ-05", "REQ-06"))
def configured_headers_appended(design: Design) -> Design:
    """Configured headers follow ours, also where they have the same name."""
    return with_parts(
        design,
        lambda parts: replace(parts, merge_headers=lambda theirs, own: (*own.items(), *texts(theirs).items())),
    )


@fault("REQ-07", hop="delivered", stays_green=("REQ-05", "REQ-06"))
def reserved_names_in_one_spelling(design: Design) -> Design:
    """A configured header is ours only if it is spelt as ours: `x-beema-event` replaces `X-Beema-Event`."""

    def merged(configured: Any, own: Mapping[str, str]) -> Headers:
        theirs = {name: value for name, value in texts(configured).items() if name not in own}
        return (*theirs.items(), *own.items())

    return with_parts(design, lambda parts: replace(parts, merge_headers=merged))


@fault("REQ-07", hop="delivered", stays_green=("REQ-02", "REQ-05"))
def line_breaks_sent(design: Design) -> Design:
    """Headers go to the wire as they are configured, line breaks included, which makes headers of their own."""

    class Writer:
        async def send(self, request: Request) -> Answer:
            url = urlsplit(request.url)
            reader, writer = await asyncio.open_connection(url.hostname, url.port)
            ours = {"Host": url.netloc, "Content-Length": str(len(request.body))}
            lines = [f"{name}: {value}" for name, value in (*ours.items(), *request.headers)]
            head = "\r\n".join([f"POST {request.url.split(url.netloc, 1)[1]} HTTP/1.1", *lines, "", ""])
            writer.write(head.encode("latin-1", "replace") + request.body)
            answered = (await asyncio.wait_for(reader.readline(), PATIENCE)).split()
            writer.close()
            return Answer(status=int(answered[1]), headers={}, body=b"", error=None)

    def merged(configured: Any, own: Mapping[str, str]) -> Headers:
        theirs = {name: value for name, value in texts(configured).items() if not reserved(name)}
        return (*theirs.items(), *own.items())

    return with_parts(design, lambda parts: replace(parts, sender=Writer(), merge_headers=merged))


@fault("REQ-08", hop="delivered", stays_green=("REQ-02", "REQ-05"))
def odd_headers_end_the_run(design: Design) -> Design:
    """The headers of all webhooks are read before the first is sent to, and one that is odd ends the run."""

    def change(parts: Parts) -> Parts:
        class Checking:
            async def match(self, event: PublishedEvent, tenant: str) -> list[int]:
                webhooks = await parts.matcher.match(event, tenant)
                for webhook in [await parts.reader.read(each) for each in webhooks]:
                    _ = webhook and {name: value.strip() for name, value in webhook.headers.items()}
                return webhooks

        return replace(parts, matcher=Checking())

    return with_parts(design, change)
