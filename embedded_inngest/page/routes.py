"""The routes of the page; nothing but its forms acts, and they only for who has them from here."""

import inspect
from dataclasses import replace
from pathlib import Path

from embedded_inngest.engine import Engine
from embedded_inngest.http import Request, Response, Router
from embedded_inngest.page.acting import Acting, RefusedError
from embedded_inngest.page.finding import UnknownError
from embedded_inngest.page.forms import is_foreign
from embedded_inngest.page.reading import Reading
from embedded_inngest.page.templates import answered

_STATIC = Path(__file__).parent / "static"
_KINDS = {
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_FOREIGN = "This form was sent by another site. Open the page itself and send it from there."
_FORM = "POST"


class Page:
    """The page of an engine."""

    def __init__(self, engine: Engine) -> None:
        self._reading = Reading(engine)
        self._acting = Acting(engine, self._reading)
        self._router = Router()
        self._add_routes()

    async def answer(self, request: Request) -> Response:
        """Answer a request, with a page also where something is wrong with it."""
        found = self._router.find(request.method, request.path)
        if isinstance(found, list):
            return self._unrouted(request, found)
        if request.method == _FORM and is_foreign(request):
            return self._error(request, 403, "Forbidden", _FOREIGN)
        route, names = found
        try:
            response = route.handler(replace(request, names=names))
            return await response if inspect.isawaitable(response) else response
        except UnknownError as error:
            return self._error(request, 404, "Not found", str(error))
        except RefusedError as error:
            return self._error(request, 400, "Refused", str(error))

    def _add_routes(self) -> None:
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
            self._router.add("GET", path, handler)
        for path, act in (
            ("/send", acting.send),
            ("/events/{event}/replay", acting.replay),
            ("/functions/{function}/invoke", acting.invoke),
            ("/runs/{run}/rerun", acting.rerun),
            ("/runs/{run}/cancel", acting.cancel),
            ("/apps", acting.add_app),
            ("/apps/{app}/sync", acting.sync),
        ):
            self._router.add(_FORM, path, act)

    def _unrouted(self, request: Request, allowed: list[str]) -> Response:
        if allowed:
            return Response(405, b"", (("allow", ", ".join(allowed)),))
        return self._error(request, 404, "Not found", "There is no such page.")

    def _error(self, request: Request, status: int, title: str, text: str) -> Response:
        return self._reading.page(request, "error.html", status=status, title=title, text=text)

    @staticmethod
    def _static(request: Request) -> Response:
        name = request.names["file"]
        if name not in _KINDS:
            raise UnknownError(f"There is no file {name} here.")
        return answered(request, (_STATIC / name).read_bytes(), ("content-type", _KINDS[name]))
