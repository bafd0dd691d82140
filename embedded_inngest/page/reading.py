"""What can be looked at: overview, runs, events, functions and apps."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from embedded_inngest import wire
from embedded_inngest.apps import App, Function
from embedded_inngest.engine import Engine
from embedded_inngest.events import Event
from embedded_inngest.http import Request, Response
from embedded_inngest.page import templates
from embedded_inngest.page.drafts import Draft
from embedded_inngest.page.finding import Finder, UnknownError
from embedded_inngest.page.lines import RunLine, event_lines, run_lines
from embedded_inngest.page.paging import SIZE, Listing, listed
from embedded_inngest.page.payloads import failing, indented, payload
from embedded_inngest.page.templates import answered
from embedded_inngest.page.timeline import timeline, whole_output
from embedded_inngest.runs import Run
from embedded_inngest.spans import FAILED
from embedded_inngest.state import Ended

_GLANCE = 10
_JSON = ("content-type", "application/json; charset=utf-8")
_NO_OPTIONS = {"id", "fv", "name", "slug", "steps", "triggers"}


class Reading:
    """Shows what an engine knows."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._state = engine.state
        self._finder = Finder(engine.state)

    def page(self, request: Request, template: str, *, status: int = 200, **content: Any) -> Response:
        """Render a page."""
        version = self._engine.options.release.version
        return templates.page(request, template, status=status, version=version, **content)

    def overview(self, request: Request) -> Response:
        """Show the newest runs and events, and how the apps are."""
        return self.page(
            request,
            "overview.html",
            apps=list(self._state.apps),
            runs=self._newest_runs(lambda _: True),
            events=event_lines(self._state, self._events({}, size=_GLANCE)),
        )

    def runs(self, request: Request) -> Response:
        """List runs, of one status or one function if that is asked for."""
        status, function = request.query.get("status", ""), request.query.get("function", "")
        listing = listed(
            self._state.kept_newest_first(),
            lambda run: (not status or run.status == status) and (not function or run.function.id == function),
            before=request.query.get("before"),
        )
        return self.page(
            request,
            "runs.html",
            lines=run_lines(self._state, listing),
            older=listing.older,
            asked=request.query,
            functions=self._state.apps.functions(),
        )

    def _newest_runs(self, is_wanted: Callable[[Run | Ended], bool]) -> list[RunLine]:
        return run_lines(self._state, listed(self._state.kept_newest_first(), is_wanted, size=_GLANCE))

    def run(self, request: Request) -> Response:
        """Show a run."""
        run = self._finder.run(request)
        return self.page(
            request,
            "run.html",
            run=run,
            timeline=timeline(run),
            jobs=self._engine.queue.of_run(run.id),
            output=payload(run.output) if run.output is not None and run.status != FAILED else None,
            failing=failing(run.output) if run.output is not None and run.status == FAILED else None,
            is_registered=self._state.apps.registered(run.function.id) is not None,
        )

    def run_output(self, request: Request) -> Response:
        """Hand out the whole output of a run."""
        return self._whole(request, self._finder.run(request).output)

    def step_output(self, request: Request) -> Response:
        """Hand out the whole output of a step."""
        return self._whole(request, whole_output(self._finder.run(request), request.names["output"]))

    def _whole(self, request: Request, output: str | None) -> Response:
        if output is None:
            raise UnknownError("There is no such output.")
        return self._document(request, output.encode("utf-8", "replace"))

    @staticmethod
    def _document(request: Request, body: bytes) -> Response:
        return answered(request, body, _JSON)

    def _events(self, asked: Mapping[str, str], **options: Any) -> Listing[Event]:
        """List events; a name need not be typed to its end, and those of the engine itself are shown if asked for."""
        part, internal = asked.get("name", "").casefold(), asked.get("internal")
        return listed(
            ((event.internal_id, event) for event in self._state.newest_events(asked.get("before"))),
            lambda event: (internal or not event.is_internal) and part in event.name.casefold(),
            **options,
        )

    def events(self, request: Request) -> Response:
        """List events, by name if that is asked for."""
        listing = self._events(request.query)
        return self.page(
            request,
            "events.html",
            lines=event_lines(self._state, listing),
            older=listing.older,
            asked=request.query,
            names=self._known_names(),
        )

    def _known_names(self) -> list[str]:
        """Return the names of events that functions wait for."""
        functions = self._state.apps.functions()
        return sorted({trigger.event for function in functions for trigger in function.triggers})

    def event(self, request: Request) -> Response:
        """Show an event and the runs that it started."""
        event = self._finder.event(request)
        kept = self._state.kept_of_event(event.internal_id)
        return self.page(
            request,
            "event.html",
            event=event,
            payload=payload(indented(event.fields())),
            runs=run_lines(self._state, Listing(items=tuple(kept[:SIZE]), older=None)),
            more=max(len(kept) - SIZE, 0),
            wants_key=self.wants_key,
        )

    def event_payload(self, request: Request) -> Response:
        """Hand out the whole of an event."""
        return self._document(request, self._finder.event(request).body)

    @property
    def wants_key(self) -> bool:
        """Tell whether whoever sends events needs a key."""
        return bool(self._engine.options.event_keys)

    def send(self, request: Request) -> Response:
        """Show the form that sends an event, filled in with another one if it is named."""
        like = request.query.get("like")
        return self.send_form(request, Draft.like(self._finder.event_of(like)) if like else Draft())

    def send_form(self, request: Request, draft: Draft, *, status: int = 200) -> Response:
        """Show the form as it is filled in."""
        return self.page(
            request, "send.html", status=status, draft=draft, names=self._known_names(), wants_key=self.wants_key
        )

    def functions(self, request: Request) -> Response:
        """List functions."""
        return self.page(request, "functions.html", functions=self._state.apps.functions(), apps=self._apps_by_id())

    def _apps_by_id(self) -> dict[str, App]:
        return {app.id: app for app in self._state.apps}

    def function(self, request: Request) -> Response:
        """Show a function."""
        return self.function_form(request, Draft())

    def function_form(self, request: Request, draft: Draft, *, status: int = 200) -> Response:
        """Show a function, and the form that invokes it as it is filled in."""
        function = self._finder.function(request)
        return self.page(
            request,
            "function.html",
            status=status,
            function=function,
            app=self._apps_by_id()[function.app_id],
            options=dict(_options(function)),
            config=payload(indented(function.config)),
            runs=self._newest_runs(lambda run: run.function.id == function.id),
            draft=draft,
        )

    def apps(self, request: Request) -> Response:
        """List apps."""
        return self.page(request, "apps.html", apps=list(self._state.apps))


def _options(function: Function) -> Iterator[tuple[str, str]]:
    """Yield what is configured beside triggers and retries, in the words of the protocol."""
    for name, value in function.config.items():
        if name not in _NO_OPTIONS:
            yield name, wire.text(value)
