"""Faults of the request's target and body: where it goes, and what it says of the event."""

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

import httpcore

from faults.catalogue import fault, with_parts
from faults.changes import with_attempter, with_body, with_data, with_header, with_payload, with_request
from reference_dispatcher.app import Design
from reference_dispatcher.attempt import Attempter
from reference_dispatcher.values import Answer, Delivery, Outcome, Request, Webhook

Leaf = Callable[[Any], Any]


def with_target(design: Design, path: Leaf = str, query: Leaf = str) -> Design:
    """Return the design that changes path or query of each URL."""

    def change(request: Request) -> Request:
        base, mark, rest = request.url.partition("?")
        origin, tail = base[: base.index("/", 8)], base[base.index("/", 8) :]
        return replace(request, url=origin + path(tail) + (mark and f"?{query(rest)}"))

    return with_request(design, change)


def with_leaves(design: Design, change: Leaf) -> Design:
    """Return the design that changes each value in the data that is no object and no list."""

    def changed(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: changed(each) for name, each in value.items()}
        return [changed(each) for each in value] if isinstance(value, list) else change(value)

    return with_data(design, changed)


def with_body_of_attempt(design: Design, write: Callable[[str, int], str]) -> Design:
    """Return the design whose body is written anew for each attempt."""

    class Rewriting(Attempter):
        async def make(self, delivery: Delivery, number: int, earlier: Outcome | None = None) -> Outcome:
            body = delivery.body and write(delivery.body, number)
            return await super().make(replace(delivery, body=body), number, earlier)

    return with_attempter(design, Rewriting)


@fault("REQ-01", hop="delivered", stays_green=("REQ-02", "REQ-05"))
def query_dropped(design: Design) -> Design:
    """What stands behind the question mark of a URL is not sent."""
    return with_request(design, lambda request: replace(request, url=request.url.partition("?")[0]))


@fault("REQ-01", hop="delivered", stays_green=("REG-01", "REG-02"))
def slash_added(design: Design) -> Design:
    """A path gets a slash at its end."""
    return with_target(design, path=lambda path: path.rstrip("/") + "/")


@fault("REQ-01", hop="delivered", stays_green=("REQ-02", "REQ-05"))
def path_escaped_anew(design: Design) -> Design:
    """The escapes of a path are undone, and others made."""
    return with_target(design, path=lambda path: quote(unquote(path), safe="/"))


@fault("REQ-01", hop="delivered", stays_green=("REQ-02", "REQ-05"))
def query_written_anew(design: Design) -> Design:
    """The query is read and written again, which loses what is empty and changes its escapes."""
    return with_target(design, query=lambda query: urlencode(parse_qsl(query)))


@fault("REQ-01", hop="delivered", stays_green=("REG-01", "REG-02"))
def sent_by_get(design: Design) -> Design:
    """Each delivery is a GET."""

    class Getter:
        async def send(self, request: Request) -> Answer:
            async with httpcore.AsyncConnectionPool() as pool:
                lengths = {"Content-Length": str(len(request.body))}
                headers = [*request.headers, *lengths.items()]
                answer = await pool.request("GET", request.url, headers=headers, content=request.body)
            return Answer(status=answer.status, headers={}, body=answer.content, error=None)

    return with_parts(design, lambda parts: replace(parts, sender=Getter()))


@fault("REQ-02", hop="delivered", stays_green=("REG-01", "REG-02"))
def sent_as_a_form(design: Design) -> Design:
    """The event is the field of a form."""
    form = "application/x-www-form-urlencoded"
    typed = with_request(design, lambda request: with_header(request, "Content-Type", form))
    return with_body(typed, lambda _, body: f"payload={quote(body)}")


@fault("REQ-02", hop="delivered", stays_green=("REG-01", "REG-02"))
def encoded_twice(design: Design) -> Design:
    """The body is a JSON text that holds the JSON object."""
    return with_body(design, lambda _, body: json.dumps(body))


@fault("REQ-02", hop="delivered", stays_green=("REQ-03", "REQ-04"))
def time_of_sending(design: Design) -> Design:
    """The timestamp is that of the delivery and not the event's."""
    return with_payload(design, lambda *_: {"timestamp": int(time.time() * 1000)})


@fault("REQ-02", hop="delivered", stays_green=("REQ-03", "REQ-04"))
def time_in_seconds(design: Design) -> Design:
    """The timestamp is in seconds."""
    return with_payload(design, lambda event, _: {"timestamp": event.ts // 1000})


@fault("REQ-02", hop="delivered", stays_green=("REG-01", "REG-02"))
def not_a_number_in_the_body(design: Design) -> Design:
    """The body holds NaN, which is no JSON."""
    return with_payload(design, lambda *_: {"score": math.nan})


@fault("REQ-02", hop="delivered", stays_green=("REQ-03", "REQ-04"))
def user_forgotten(design: Design) -> Design:
    """The body does not say who caused the event."""
    return with_payload(design, lambda *_: {"user": None})


@fault("REQ-03", hop="delivered", stays_green=("REQ-02", "REQ-04"))
def nulls_left_out(design: Design) -> Design:
    """Fields of the data that are null are left out."""

    def full(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: full(each) for name, each in value.items() if each is not None}
        return [full(each) for each in value if each is not None] if isinstance(value, list) else value

    return with_data(design, full)


@fault("REQ-03", hop="delivered", stays_green=("REQ-02", "REQ-04"))
def numbers_rounded(design: Design) -> Design:
    """Numbers in the data are rounded to two places."""
    return with_leaves(design, lambda value: round(value, 2) if isinstance(value, float) else value)


@fault("REQ-03", hop="delivered", stays_green=("REQ-04", "REQ-05"))
def letters_beyond_ascii_lost(design: Design) -> Design:
    """Letters that ASCII does not have are sent as question marks."""
    return with_leaves(
        design, lambda value: value.encode("ascii", "replace").decode() if isinstance(value, str) else value
    )


@fault("REQ-03", hop="delivered", stays_green=("REQ-02", "REQ-04"))
def truth_as_a_number(design: Design) -> Design:
    """True and false in the data are sent as 1 and 0."""
    return with_leaves(design, lambda value: int(value) if isinstance(value, bool) else value)


@fault("REQ-04", hop="delivered", stays_green=("REQ-02", "SIG-04"))
def body_written_anew(design: Design) -> Design:
    """Each attempt writes the body again, and not in the same way."""
    return with_body_of_attempt(
        design, lambda body, number: json.dumps(json.loads(body), ensure_ascii=False, indent=number)
    )


@fault("REQ-04", hop="delivered", stays_green=("REQ-03", "SIG-04"))
def attempt_in_the_body(design: Design) -> Design:
    """The body says which attempt it is."""
    return with_body_of_attempt(
        design, lambda body, number: json.dumps({**json.loads(body), "attempt": number}, ensure_ascii=False)
    )


@fault("REQ-09", hop="delivered", stays_green=("REQ-03", "REQ-04"))
def webhook_in_the_body(design: Design) -> Design:
    """The body has the whole row of the webhook in it, secret and all."""

    class Dumping(Attempter):
        def request(self, delivery: Delivery, webhook: Webhook) -> Request:
            body = {**json.loads(delivery.body or "{}"), "webhook": asdict(webhook)}
            return super().request(replace(delivery, body=json.dumps(body, ensure_ascii=False)), webhook)

    return with_attempter(design, Dumping)


@fault("REQ-10", hop="delivered", stays_green=("REQ-02", "REQ-03"))
def long_text_cut(design: Design) -> Design:
    """Texts in the data end after 64 kB."""
    return with_leaves(design, lambda value: value[:65_536] if isinstance(value, str) else value)


@fault("REQ-10", hop="delivered", stays_green=("REQ-02", "REQ-03"))
def very_long_text_cut(design: Design) -> Design:
    """Texts beyond the largest payload are cut to fit it, and nobody is told."""
    return with_leaves(design, lambda value: value[:900_000] if isinstance(value, str) else value)
