"""A gateway before the embedded engine: what stands between everybody and Inngest, and may be at fault for it."""

from collections.abc import Awaitable, Callable

from embedded_inngest.app import App
from embedded_inngest.engine import Engine
from embedded_inngest.http import Request, Response


class Gateway(App):
    """The embedded engine's application, with each request handled by a function of ours.

    Args:
        engine: What is asked, if the function hands a request on.
        handle: Answers, by itself or with what `go_on` returns.

    Attributes:
        event_keys: Those that the engine takes; none if it takes any.
    """

    def __init__(self, engine: Engine, handle: "Handle") -> None:
        super().__init__(engine)
        self.event_keys = engine.options.event_keys
        self._handle = handle

    async def answer(self, request: Request) -> Response:
        """Answer as the gateway does."""
        return await self._handle(request, self)

    async def go_on(self, request: Request) -> Response:
        """Answer as the engine does."""
        return await super().answer(request)


Handle = Callable[[Request, Gateway], Awaitable[Response]]
