"""The mutations."""

from collections.abc import Callable
from typing import Any

from graphql import GraphQLError

from embedded_inngest.engine import Engine
from embedded_inngest.flow.start import Start
from embedded_inngest.graphql.views import View, Views
from embedded_inngest.internal_events import outside_invocation
from embedded_inngest.runs import Run
from embedded_inngest.spans import CANCELLED, SKIPPED


class Mutations:
    """Resolves the fields of Mutation."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._views = Views(engine.state, engine.options.release)

    def fields(self) -> dict[str, Callable[..., Any]]:
        """Return the resolvers by field."""
        return {
            "createApp": self._create_app,
            "invokeFunction": self._invoke_function,
            "cancelRun": self._cancel_run,
            "rerun": self._rerun,
        }

    async def _create_app(self, _info: Any, **given: Any) -> View:
        app = self._engine.sync.expect(given["input"]["url"])
        error = await self._engine.sync.ping(app, signed=False)  # the real server gives this part of it no key
        if error:
            raise GraphQLError("There was an error registering your app", extensions={"error_code": error})
        registered = self._engine.state.apps.by_url(app.url)
        if not registered:
            raise GraphQLError("There was an error creating your app")
        return self._views.app(registered[0])

    def _invoke_function(self, _info: Any, **given: Any) -> bool:
        """Send the event that invokes; that there is such a function is not checked, as on the real server."""
        self._engine.runner.send(outside_invocation(given["functionSlug"], given))
        return True

    def _cancel_run(self, _info: Any, **given: Any) -> View:
        run = self._found(given["runID"])
        if run.ended and run.status != CANCELLED:
            raise GraphQLError("cannot cancel an ended run")
        if not run.ended:
            self._engine.executor.cancel(run)
        return self._views.function_run(run)

    def _rerun(self, _info: Any, **given: Any) -> str:
        run = self._found(given["runID"])
        function = self._engine.state.apps.registered(run.function.id)
        start = Start(function=function or run.function, events=(run.event,), origin="rerun", rerun_of=run)
        again = self._engine.starts.ask(start)
        if again is None:
            raise GraphQLError("function debounced")
        if again.status == SKIPPED:
            raise GraphQLError("function skipped")
        return again.id

    def _found(self, run_id: str) -> Run:
        run = self._engine.state.run(run_id)
        if run is None or run.status == SKIPPED:
            raise GraphQLError("sql: no rows in result set")
        return run
