"""The way into the page; what lies behind it is loaded when somebody first comes, as starting is to be fast."""

from functools import cached_property
from typing import TYPE_CHECKING

from embedded_inngest.engine import Engine
from embedded_inngest.http import Request, Response, Router

if TYPE_CHECKING:
    from embedded_inngest.page.routes import Page

_PLACES = ("runs", "events", "functions", "apps", "send", "static")


class Entry:
    """Leads whoever asks for the page of an engine to it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add_routes(self, router: Router) -> None:
        """Take all that is asked of the page."""
        router.add("*", "/", self._answer, guarded=False)
        for place in _PLACES:
            router.add("*", f"/{place}/*", self._answer, guarded=False)

    @cached_property
    def _page(self) -> "Page":
        from embedded_inngest.page.routes import Page  # noqa: PLC0415 (see above)

        return Page(self._engine)

    async def _answer(self, request: Request) -> Response:
        return await self._page.answer(request)
