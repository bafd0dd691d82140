"""Faults of hearing an answer: how long one waits for it, and how much of it one takes."""

import asyncio
import gzip
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

import httpcore
import psycopg

from faults.catalogue import fault, with_parts
from faults.changes import with_attempter, with_settings
from reference_dispatcher.app import Design
from reference_dispatcher.attempt import Attempter
from reference_dispatcher.delivery import HttpSender, Target
from reference_dispatcher.guard import Guard
from reference_dispatcher.parts import Parts
from reference_dispatcher.retry import RetryPlan
from reference_dispatcher.store import SqlRecorder
from reference_dispatcher.values import Answer, Delivery, Outcome, Request

LONG = 3600.0


def with_sender(design: Design, make: Callable[[Guard, float], HttpSender]) -> Design:
    """Return the design with another sender, made from the guard and the seconds for an attempt."""
    return replace(
        design,
        parts=lambda settings: replace(
            design.parts(settings),
            sender=make(Guard(allow_private=settings.webhook_allow_private), settings.webhook_timeout),
        ),
    )


@fault("RET-10", hop="delivered", stays_green=("RET-06", "RET-09"))
def no_deadline(design: Design) -> Design:
    """An attempt takes as long as the receiver likes."""
    return with_settings(design, lambda settings: replace(settings, webhook_timeout=LONG))


@fault("RET-10", hop="delivered", stays_green=("RET-06", "RET-09"))
def deadline_halved(design: Design) -> Design:
    """An attempt is given up when half of its time is over."""
    return with_settings(design, lambda settings: replace(settings, webhook_timeout=settings.webhook_timeout / 2))


@fault("RET-10", hop="delivered", stays_green=("RET-03", "RET-09"))
def deadline_for_each_read(design: Design) -> Design:
    """Every byte that comes gives the receiver as much time again."""

    class Client:
        def __init__(self, pool: httpcore.AsyncConnectionPool, seconds: float) -> None:
            self._pool = pool
            self._timeouts = dict.fromkeys(("connect", "read", "write", "pool"), seconds)

        def stream(self, *what: Any, **how: Any) -> AbstractAsyncContextManager[httpcore.Response]:
            return self._pool.stream(*what, **how, extensions={"timeout": self._timeouts})

    class Patient(HttpSender):
        def __init__(self, guard: Guard, seconds: float) -> None:
            super().__init__(guard, timeout=LONG)
            self._client: Any = Client(self._client, seconds)

        async def send(self, request: Request) -> Answer:
            try:
                return await super().send(request)
            except httpcore.TimeoutException:
                return Answer(status=None, headers={}, body=b"", error="timed out")

    return with_sender(design, Patient)


@fault("RET-10", hop="delivered", stays_green=("RET-03", "RET-09"))
def connection_without_a_deadline(design: Design) -> Design:
    """The time for an attempt begins when the receiver has taken the connection."""

    class Caller(HttpSender):
        async def send(self, request: Request) -> Answer:
            target = Target.parse(request.url)
            try:
                _, writer = await asyncio.wait_for(asyncio.open_connection(target.host, target.port), LONG)
                writer.close()
            except OSError as error:
                return Answer(status=None, headers={}, body=b"", error=str(error))
            return await super().send(request)

    return with_sender(design, lambda guard, seconds: Caller(guard, timeout=seconds))


class WholeAnswer(HttpSender):
    """Reads an answer to its end."""

    async def _exchange(self, request: Request, received: Any) -> None:
        target = Target.parse(request.url)
        headers = [("Host", target.authority), *request.headers, ("Content-Length", str(len(request.body)))]
        wire = [(name.encode(), value.encode("latin-1")) for name, value in headers]
        response = await self._client.request("POST", target.to_url(), headers=wire, content=request.body)
        received.status, received.body = response.status, response.content
        received.headers = {name.decode().lower(): value.decode("latin-1") for name, value in response.headers}


@fault("RET-11", hop="delivered", stays_green=("RET-01", "RET-09"))
def whole_answer_read(design: Design) -> Design:
    """An answer is read to its end, however far that is."""
    return with_sender(design, lambda guard, _: WholeAnswer(guard, timeout=LONG))


@fault("RET-11", hop="delivered", stays_green=("RET-01", "RET-09"))
def answer_decompressed(design: Design) -> Design:
    """An answer that says that it is compressed is decompressed, however large it gets."""

    class Unpacking(WholeAnswer):
        async def _exchange(self, request: Request, received: Any) -> None:
            await super()._exchange(request, received)
            if received.headers.get("content-encoding") == "gzip":
                received.body = gzip.decompress(received.body)

    return with_sender(design, lambda guard, _: Unpacking(guard, timeout=LONG))


def with_text(design: Design, text: Callable[[bytes], str]) -> Design:
    """Return the design that makes other text of an answer."""

    class Reader(Attempter):
        def judge(self, plan: RetryPlan, number: int, answer: Answer) -> Outcome:
            outcome = super().judge(plan, number, answer)
            return outcome if answer.error else replace(outcome, response_body=text(answer.body))

    return with_attempter(design, Reader)


@fault("RET-11", hop="delivered", stays_green=("RET-01", "RET-09"))
def answer_kept_whole(design: Design) -> Design:
    """A row holds all of an answer that was read, not its first thousand characters."""
    return with_text(design, lambda body: body.decode(errors="replace"))


@fault("RET-11", hop="delivered", stays_green=("RET-01", "RET-09"))
def answer_must_be_utf_8(design: Design) -> Design:
    """An answer that is no UTF-8 ends the step in an error after the POST, so that it is made again."""
    return with_text(design, lambda body: body.decode()[:1000].replace("\0", ""))


@fault("RET-11", hop="delivered", stays_green=("RET-01", "RET-09"))
def nul_never_recorded(design: Design) -> Design:
    """A NUL goes as far as the database, which refuses the row, again and again."""

    def other(parts: Parts) -> Parts:
        class Recorder(SqlRecorder):
            async def record(self, delivery: Delivery, outcome: Outcome) -> None:
                if "\0" in (outcome.response_body or ""):
                    raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
                await super().record(delivery, outcome)

        return replace(parts, recorder=Recorder(parts.database))

    return with_text(with_parts(design, other), lambda body: body.decode(errors="replace")[:1000])
