"""A correct dispatcher on the synchronous half of the SDK: its handlers run in threads and wait for each thing."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import inngest
from fastapi import Request, Response

from faults.catalogue import variant
from faults.changes import Handler, with_functions, with_gateway
from reference_dispatcher.app import Design
from reference_dispatcher.functions import Deliver, Dispatch
from reference_dispatcher.payload import published_event, read_event

T = TypeVar("T")
Work = Callable[..., Coroutine[Any, Any, T]]


def driven(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never has to wait."""
    try:
        work.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    raise RuntimeError("it waits for something")


class Threaded:
    """The context of a synchronous handler, for code that awaits: what is awaited is done when it comes back.

    Args:
        ctx: The context that the SDK gives.
        loop: Where the rest of the service runs, and what a step does has to run as well.
    """

    def __init__(self, ctx: inngest.ContextSync, loop: asyncio.AbstractEventLoop) -> None:
        self.event, self.step, self.group = ctx.event, self, self
        self._ctx, self._loop = ctx, loop

    async def run(self, name: str, work: Work[Any], *args: Any) -> Any:
        """Run a step, which blocks this thread."""
        return self._ctx.step.run(name, lambda: asyncio.run_coroutine_threadsafe(work(*args), self._loop).result())

    async def sleep_until(self, name: str, until: datetime) -> None:
        """Sleep."""
        self._ctx.step.sleep_until(name, until)

    async def invoke(self, name: str, *, function: inngest.Function[Any], data: dict[str, Any]) -> Any:
        """Run another function."""
        return self._ctx.step.invoke(name, function=function, data=data)

    async def parallel(self, branches: tuple[Work[T], ...]) -> tuple[T, ...]:
        """Run branches beside each other."""
        return self._ctx.group.parallel(tuple(partial(lambda branch: driven(branch()), each) for each in branches))


class KeepWholeEventSync(inngest.MiddlewareSync):
    """Keeps the event as it came, for handlers in threads."""

    def transform_input(self, ctx: object, function: object, steps: object) -> None:  # noqa: ARG002 - the SDK's hook
        """Read the call, whose body is already there."""
        published_event.set(read_event(driven(self.raw_request.json())))  # type: ignore[attr-defined] # FastAPI's


@variant("RET-07")  # it makes a few attempts at a time, so nobody can see twenty of them fail together
def synchronous_sdk(design: Design) -> Design:
    """The handlers are no coroutines: they run in threads, by the synchronous half of the SDK."""
    loops: list[asyncio.AbstractEventLoop] = []

    async def handle(request: Request, go_on: Handler) -> Response:
        loops[:] = [asyncio.get_running_loop()]
        return await go_on(request)

    class ThreadedDeliver(Deliver):
        def handle(self, ctx: Any) -> Any:
            return driven(super().handle(Threaded(ctx, loops[0])))  # type: ignore[arg-type] # it has what is used

    class ThreadedDispatch(Dispatch):
        middleware = KeepWholeEventSync

        def handle(self, ctx: Any) -> Any:
            return driven(super().handle(Threaded(ctx, loops[0])))  # type: ignore[arg-type] # it has what is used

    return with_functions(with_gateway(design, handle), ThreadedDispatch, ThreadedDeliver)
