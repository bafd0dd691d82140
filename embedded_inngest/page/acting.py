"""What forms do: send, replay, invoke, rerun, cancel and sync, by what the APIs do it by."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from embedded_inngest import event_api, wire
from embedded_inngest.engine import Engine
from embedded_inngest.errors import EventError
from embedded_inngest.event_api import Receipt
from embedded_inngest.http import Request, Response
from embedded_inngest.internal_events import outside_invocation
from embedded_inngest.page.drafts import Draft, resent
from embedded_inngest.page.finding import Finder
from embedded_inngest.page.forms import fields
from embedded_inngest.page.reading import Reading

_REFUSED = 400
_UNKNOWN_KEY = "Event key not found"


class RefusedError(Exception):
    """The engine does not do what was asked for; the text says why."""


class Acting:
    """Does what forms ask of an engine."""

    def __init__(self, engine: Engine, reading: Reading) -> None:
        self._engine = engine
        self._reading = reading
        self._finder = Finder(engine.state)

    def send(self, request: Request) -> Response:
        """Send an event; one that is refused stays in the form."""
        form = fields(request)
        draft = Draft.typed(form)
        try:
            receipt = self._receive(request, draft.event(), form)
        except EventError as error:
            return self._reading.send_form(request, replace(draft, complaint=str(error)), status=_REFUSED)
        if receipt.error:
            return self._reading.send_form(request, replace(draft, complaint=receipt.error), status=_REFUSED)
        return see(f"/events/{receipt.ids[0]}")

    def replay(self, request: Request) -> Response:
        """Send an event again, as a new one."""
        receipt = self._receive(request, resent(self._finder.event(request)), fields(request))
        if receipt.error:
            raise RefusedError(receipt.error)
        return see(f"/events/{receipt.ids[0]}")

    def _receive(self, request: Request, event: dict[str, Any], form: Mapping[str, str]) -> Receipt:
        """Take an event as the event API does, under the same key."""
        keys = self._engine.options.event_keys
        if keys and form.get("key") not in keys:
            return Receipt([], _UNKNOWN_KEY)
        posted = replace(request, headers={}, body=wire.canonical(event))
        return event_api.receive(posted, self._engine.runner.accept, self._engine.options.release)

    def invoke(self, request: Request) -> Response:
        """Invoke a function with data."""
        function, draft = self._finder.function(request), Draft.typed(fields(request))
        try:
            content = draft.content()
        except EventError as error:
            return self._reading.function_form(request, replace(draft, complaint=str(error)), status=_REFUSED)
        event = self._engine.runner.send(outside_invocation(function.slug, {"data": content}))
        return see(f"/events/{event.internal_id}")

    def rerun(self, request: Request) -> Response:
        """Run a function again with the events of a run, all of it or from a step on."""
        run, step = self._finder.run(request), fields(request).get("step")
        from_step = {"fromStep": {"stepID": step}} if step else {}
        return see(f"/runs/{self._mutate('rerun', runID=run.id, **from_step)}")

    def cancel(self, request: Request) -> Response:
        """End a run at once."""
        run = self._finder.run(request)
        self._mutate("cancelRun", runID=run.id)
        return see(f"/runs/{run.id}")

    def _mutate(self, name: str, **given: Any) -> Any:
        """Do what the mutation of GraphQL does, so that there is one way to do it."""
        from graphql import GraphQLError  # noqa: PLC0415 (it would double the start-up time)

        from embedded_inngest.graphql.mutations import Mutations  # noqa: PLC0415 (see above)

        try:
            return Mutations(self._engine).fields()[name](None, **given)
        except GraphQLError as error:
            raise RefusedError(error.message) from None

    async def add_app(self, request: Request) -> Response:
        """Ask an app to register of which only the URL is known."""
        url = _app_url(fields(request).get("url", "").strip())
        await self._engine.sync.ping(self._engine.sync.expect(url))
        return see("/apps")

    async def sync(self, request: Request) -> Response:
        """Ask an app to register again; what is wrong with it then stands in the list."""
        await self._engine.sync.ping(self._finder.app(request))
        return see("/apps")


def _app_url(typed: str) -> str:
    url = typed if "://" in typed else f"http://{typed}"
    try:
        host = urlsplit(url).hostname
    except ValueError:
        host = None
    if not host:
        raise RefusedError(f"'{typed}' is not the URL of an app.")
    return url


def see(path: str) -> Response:
    """Send a browser on, so that loading again does not act again."""
    return Response(303, b"", (("location", path),))
