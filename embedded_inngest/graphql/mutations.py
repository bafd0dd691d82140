"""The mutations."""

from collections.abc import Callable
from typing import Any

from graphql import GraphQLError

from embedded_inngest.apps import App
from embedded_inngest.engine import Engine
from embedded_inngest.flow.start import Start
from embedded_inngest.graphql.arguments import NO_ROWS, refuse_given, ulid, uuid_of
from embedded_inngest.graphql.views import View, Views
from embedded_inngest.internal_events import outside_invocation
from embedded_inngest.registration import normalized_url
from embedded_inngest.reruns import FromStep, RerunError, from_step
from embedded_inngest.runs import Run
from embedded_inngest.spans import CANCELLED, SKIPPED

_DEBUGGING = ("debugSessionID", "debugRunID")
_SESSIONS = "sessions"


class Mutations:
    """Resolves the fields of Mutation, all but the one that creates a debugging session."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._state = engine.state
        self._views = Views(engine.state, engine.queue, engine.options.release)

    def fields(self) -> dict[str, Callable[..., Any]]:
        """Return the resolvers by field."""
        return {
            "createApp": self._create_app,
            "updateApp": self._update_app,
            "deleteApp": self._delete_app,
            "deleteAppByName": self._delete_app_by_name,
            "invokeFunction": self._invoke_function,
            "cancelRun": self._cancel_run,
            "rerun": self._rerun,
        }

    async def _create_app(self, _info: Any, **given: Any) -> View:
        app = self._engine.sync.expect(given["input"]["url"])
        error = await self._engine.sync.ping(app, signed=False)  # the real server gives this part of it no key
        if error:
            raise GraphQLError(error)
        registered = self._engine.sync.at(given["input"]["url"])
        if registered is None:
            raise GraphQLError("There was an error creating your app")
        return self._views.app(registered)

    def _update_app(self, _info: Any, **given: Any) -> View:
        wanted = given["input"]
        app = self._state.apps.ever(uuid_of(wanted["id"]))
        if app is None:
            raise GraphQLError(NO_ROWS)
        app.url = normalized_url(wanted["url"], self._engine.options.release)
        self._state.apps.changed()
        return self._views.app(app)

    def _delete_app(self, _info: Any, **given: Any) -> str:
        """Delete an app; one that is not there is deleted as well."""
        app = self._state.apps.by_id(uuid_of(given["id"]))
        if app is not None:
            self._engine.sync.forget(app)
        return str(given["id"])

    def _delete_app_by_name(self, _info: Any, **given: Any) -> bool:
        app: App | None = self._state.apps.by_name(given["name"])
        if app is None:
            return False
        self._engine.sync.forget(app)
        return True

    def _invoke_function(self, _info: Any, **given: Any) -> bool:
        """Send the event that invokes; that there is such a function is not checked, as on the real server."""
        refuse_given(given, *_DEBUGGING)
        meta = given.get("meta") or {}
        for key in sorted(meta):
            if key != _SESSIONS:
                raise GraphQLError(f'event meta "{key}" is not supported')
        refuse_given({f"event meta {_SESSIONS}": meta.get(_SESSIONS)}, f"event meta {_SESSIONS}")
        self._engine.runner.send(outside_invocation(given["functionSlug"], given))
        return True

    def _cancel_run(self, _info: Any, **given: Any) -> View:
        run = self._found(given["runID"], "not found")
        if run.ended and run.status != CANCELLED:
            raise GraphQLError("cannot cancel an ended run")
        if not run.ended:
            self._engine.executor.cancel(run)
        return self._views.function_run(run)

    def _rerun(self, _info: Any, **given: Any) -> str:
        refuse_given(given, *_DEBUGGING)
        run = self._found(given["runID"], NO_ROWS)
        function = self._state.apps.registered(run.function.id)
        start = Start(
            function=function or run.function,
            events=(run.event,),
            origin="rerun",
            rerun_of=run,
            from_step=self._from_step(run, given.get("fromStep")),
        )
        again = self._engine.starts.ask(start)
        if again is None:
            raise GraphQLError("function debounced")
        if again.status == SKIPPED:
            raise GraphQLError("function skipped")
        return again.id

    def _from_step(self, run: Run, wanted: View | None) -> FromStep | None:
        """Read with what step a run is to begin: the steps before it are those of the very first run."""
        if wanted is None:
            return None
        given = wanted.get("input")
        if given is not None and not str(given).startswith("["):
            raise GraphQLError("input is not a valid JSON array")
        original = self._found(run.original_run_id or run.id, NO_ROWS)
        try:
            return from_step(original, wanted["stepID"], given)
        except RerunError as error:
            raise GraphQLError(f"error reconstructing input state: {error}") from None

    def _found(self, run_id: str, complaint: str) -> Run:
        run = self._state.run(ulid(run_id))
        if run is None or run.status == SKIPPED:
            raise GraphQLError(complaint)
        return run
