"""Ways to change a design: each takes it with what is to be another, so that a fault says only what that is."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from fastapi import FastAPI, Request, Response

from faults.catalogue import with_parts
from reference_dispatcher.app import Design
from reference_dispatcher.attempt import Attempter
from reference_dispatcher.functions import Deliver, Dispatch, make_functions
from reference_dispatcher.parts import Parts, Sender
from reference_dispatcher.retry import RetryPolicy
from reference_dispatcher.settings import Settings
from reference_dispatcher.values import Answer, Outcome, PublishedEvent, RefusedError
from reference_dispatcher.values import Request as Post

Json = dict[str, Any]
Handler = Callable[[Request], Awaitable[Response]]


def with_settings(design: Design, change: Callable[[Settings], Settings]) -> Design:
    """Return the design with other settings than the environment asks for."""
    return replace(design, settings=lambda **told: change(design.settings(**told)))


def with_functions(design: Design, dispatch: type[Dispatch] = Dispatch, deliver: type[Deliver] = Deliver) -> Design:
    """Return the design with another parent function, another child function, or both."""
    return replace(design, functions=partial(make_functions, dispatch=dispatch, deliver=deliver))


def with_attempter(design: Design, attempter: type[Attempter]) -> Design:
    """Return the design whose attempts are made in another way."""
    return with_functions(design, deliver=type("OtherDeliver", (Deliver,), {"attempter": attempter}))


def with_policy(design: Design, **methods: Callable[..., Any]) -> Design:
    """Return the design with another retry policy, given by the methods that differ."""
    policy: RetryPolicy = type("OtherPolicy", (RetryPolicy,), methods)()
    return with_parts(design, lambda parts: replace(parts, policy=policy))


def with_request(design: Design, change: Callable[[Post], Post]) -> Design:
    """Return the design that changes each request in the last moment, when it is built and signed."""

    class Changing:
        def __init__(self, sender: Sender) -> None:
            self._sender = sender

        async def send(self, request: Post) -> Answer:
            return await self._sender.send(change(request))

    return with_parts(design, lambda parts: replace(parts, sender=Changing(parts.sender)))


def with_body(design: Design, write: Callable[[PublishedEvent, str], str]) -> Design:
    """Return the design with another body, made from the event and from the body as it should be."""
    return with_parts(design, lambda parts: replace(parts, builder=lambda event: write(event, parts.builder(event))))


def with_payload(design: Design, change: Callable[[PublishedEvent, Json], Mapping[str, Any]]) -> Design:
    """Return the design whose body differs in some fields."""
    return with_body(
        design,
        lambda event, body: json.dumps({**(payload := json.loads(body)), **change(event, payload)}, ensure_ascii=False),
    )


def with_data(design: Design, change: Callable[[Any], Any]) -> Design:
    """Return the design that sends other data than were published."""
    return with_payload(design, lambda event, _: {"data": change(event.data)})


def with_gateway(design: Design, handle: Callable[[Request, Handler], Awaitable[Response]]) -> Design:
    """Return the design behind a gateway, which answers each call itself or hands it on."""

    def routes(app: FastAPI, *others: Any) -> None:
        design.routes(app, *others)
        app.middleware("http")(handle)

    return replace(design, routes=routes)


def with_outcome(design: Design, change: Callable[[Outcome], Outcome]) -> Design:
    """Return the design that records something else than what became of an attempt."""

    def other(parts: Parts) -> Parts:
        class Recorder:
            async def record(self, delivery: Any, outcome: Outcome) -> None:
                await parts.recorder.record(delivery, change(outcome))

        return replace(parts, recorder=Recorder())

    return with_parts(design, other)


def with_header(request: Post, name: str, value: str) -> Post:
    """Return the request with another value of one of its headers."""
    changed = [(own, value if own.lower() == name.lower() else old) for own, old in request.headers]
    return replace(request, headers=tuple(changed))


def with_refusal(design: Design, error: type[Exception]) -> Design:
    """Return the design to which a URL that can't be used is an error of this kind."""

    class Strict:
        def __init__(self, sender: Sender) -> None:
            self._sender = sender

        async def send(self, request: Post) -> Answer:
            try:
                return await self._sender.send(request)
            except RefusedError as refusal:
                raise error(str(refusal)) from None

    return with_parts(design, lambda parts: replace(parts, sender=Strict(parts.sender)))
