"""The routes of the page; nothing but its forms acts, and they only for who has them from here."""

import inspect
from collections.abc import Awaitable, Callable
from pathlib import Path

from embedded_inngest.engine import Engine
from embedded_inngest.http import Request, Response, Router
from embedded_inngest.page.acting import Acting, RefusedError
from embedded_inngest.page.finding import UnknownError
from embedded_inngest.page.forms import is_foreign
from embedded_inngest.page.reading import Reading

_STATIC = Path(__file__).parent / "static"
_KINDS = {
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_FOREIGN = "This form was sent by another site. Open the page itself and send it from there."

Handler = Callable[[Request], Response | Awaitable[Response]]


class Page:
    """The page of an engine."""

    def __init__(self, engine: Engine) -> None:
        self._reading = Reading(engine)
        self._acting = Acting(engine, self._reading)

    def add_routes(self, router: Router) -> None:
        """Add all routes of the page."""
        reading, acting = self._reading, self._acting
        for path, handler in (
            ("/", reading.overview),
            ("/runs", reading.runs),
            ("/runs/{run}", reading.run),
            ("/runs/{run}/output", reading.run_output),
            ("/runs/{run}/outputs/{output}", reading.step_output),
            ("/events", reading.events),
            ("/events/{event}", reading.event),
            ("/events/{event}/payload", reading.event_payload),
            ("/send", reading.send),
            ("/functions", reading.functions),
            ("/functions/{function}", reading.function),
            ("/apps", reading.apps),
            ("/static/{file}", self._static),
        ):
            router.add("GET", path, self._answering(handler), guarded=False)
        for path, act in (
            ("/send", acting.send),
            ("/events/{event}/replay", acting.replay),
            ("/functions/{function}/invoke", acting.invoke),
            ("/runs/{run}/rerun", acting.rerun),
            ("/runs/{run}/cancel", acting.cancel),
            ("/apps", acting.add_app),
            ("/apps/{app}/sync", acting.sync),
        ):
            router.add("POST", path, self._answering(self._ours(act)), guarded=False)

    def _answering(self, handler: Handler) -> Handler:
        """Answer what goes wrong with a page too."""

        async def answer(request: Request) -> Response:
            try:
                response = handler(request)
                return await response if inspect.isawaitable(response) else response
            except UnknownError as error:
                return self._error(request, 404, "Not found", str(error))
            except RefusedError as error:
                return self._error(request, 400, "Refused", str(error))

        return answer

    def _ours(self, act: Handler) -> Handler:
        """Refuse forms that another site sent."""

        def answer(request: Request) -> Response | Awaitable[Response]:
            if is_foreign(request):
                return self._error(request, 403, "Forbidden", _FOREIGN)
            return act(request)

        return answer

    def _error(self, request: Request, status: int, title: str, text: str) -> Response:
        return self._reading.page(request, "error.html", status=status, title=title, text=text)

    @staticmethod
    def _static(request: Request) -> Response:
        from embedded_inngest.page.templates import answered  # noqa: PLC0415 (no template is needed before)

        name = request.names["file"]
        if name not in _KINDS:
            raise UnknownError(f"There is no file {name} here.")
        return answered(request, (_STATIC / name).read_bytes(), ("content-type", _KINDS[name]))
