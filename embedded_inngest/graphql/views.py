"""Apps, functions, events and runs as GraphQL shows them; what leads on to others is looked up only when asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from embedded_inngest import concurrency, wire
from embedded_inngest.apps import App, Function
from embedded_inngest.events import Event
from embedded_inngest.release import Release
from embedded_inngest.runs import Run
from embedded_inngest.spans import SKIPPED
from embedded_inngest.state import State
from embedded_inngest.traces import trace

View = dict[str, Any]
_PENDING = {"RUNNING"}


def time(second: float | None) -> str | None:
    """Write a time, if there is one."""
    return None if second is None else wire.rfc3339(second)


@dataclass(frozen=True, slots=True)
class Views:
    """Makes views of what is in the state."""

    state: State
    release: Release

    def app(self, app: App) -> View:
        """Show an app."""
        return {
            "id": app.id,
            "externalID": app.name,
            "name": app.name,
            "sdkLanguage": app.sdk_language,
            "sdkVersion": app.sdk_version,
            "framework": app.framework,
            "url": app.url,
            "checksum": app.checksum,
            "error": app.error,
            "functions": _later(lambda: [self.function(function) for function in self.state.apps.functions_of(app)]),
            "method": "SERVE",
            "appVersion": app.app_version,
            "connected": app.error is None,
            "functionCount": len(app.functions),
            "autodiscovered": False,
        }

    def function(self, function: Function) -> View:
        """Show a function."""
        return {
            "id": function.id,
            "name": function.name,
            "slug": function.slug,
            "failureHandler": _later(lambda: self._failure_handler(function)),
            "config": wire.text(function.config),
            "concurrency": _concurrency(function),
            "triggers": [_trigger(trigger) for trigger in function.config["triggers"]],
            "url": function.url,
            "appID": function.app_id,
            "app": _later(lambda: self._app_of(function)),
        }

    def _failure_handler(self, function: Function) -> View | None:
        handler = self.state.apps.invocable(f"{function.slug}-failure")
        return self.function(handler) if handler else None

    def _app_of(self, function: Function) -> View | None:
        app = self.state.apps.by_id(function.app_id)
        return self.app(app) if app else None

    def event(self, event: Event) -> View:
        """Show an event."""
        fields = event.fields()
        return {
            "id": event.internal_id,
            "externalID": event.id,
            "name": event.name,
            "createdAt": time(event.ts / 1000),
            "payload": wire.sorted_text(fields["data"]),
            "raw": event.go_text(self.release),
            "status": _later(lambda: _event_status(self._counted(event))),
            "pendingRuns": _later(lambda: sum(run.status in _PENDING for run in self._counted(event))),
            "totalRuns": _later(lambda: len(self._counted(event))),
            "functionRuns": _later(lambda: [self.function_run(run) for run in self._runs_of(event)] or None),
        }

    def _runs_of(self, event: Event) -> list[Run]:
        return self.state.runs_of_event(event.internal_id)

    def _counted(self, event: Event) -> list[Run]:
        """Return the runs of an event as far as it is shown how many there are and what became of them."""
        return self._runs_of(event) if self.release.counts_runs else []

    def function_run(self, run: Run) -> View:
        """Show a run under an event."""
        return {
            "id": run.id,
            "functionID": run.function.id,
            "function": _later(lambda: self.function(run.function)),
            "event": _later(lambda: self.event(run.event)),
            "events": _later(lambda: [self.event(event) for event in run.events]),
            "status": run.status,
            "startedAt": time(run.started_at),
            "finishedAt": time(run.ended_at),
            "output": run.listed_output,
            "eventID": run.event.internal_id,
        }

    def run(self, run: Run) -> View:
        """Show a run by itself."""
        return {
            "id": run.id,
            "appID": run.function.app_id,
            "app": _later(lambda: self._app_of(run.function)),
            "functionID": run.function.id,
            "function": _later(lambda: self.function(run.function)),
            "traceID": run.trace_id,
            "queuedAt": time(run.queued_at),
            "startedAt": time(run.started_at),
            "endedAt": None if run.status == SKIPPED else time(run.ended_at),
            "status": run.status,
            "triggerIDs": [event.internal_id for event in run.events],
            "eventName": None if run.batch_id else run.event.name,
            "isBatch": run.batch_id is not None,
            "cronSchedule": run.cron,
            "output": run.output,
            "trace": lambda _info, preview=False: trace(run, self.release, preview=bool(preview)),
            "hasAI": False,
        }

    def trigger(self, run: Run) -> View:
        """Show what started a run."""
        is_cron = run.cron is not None
        return {
            "eventName": None if is_cron else run.event.name,
            "IDs": [event.internal_id for event in run.events],
            "payloads": [event.go_text(self.release) for event in run.events],
            "timestamp": time(run.queued_at if is_cron else run.event.ts / 1000),
            "isBatch": run.batch_id is not None,
            "batchID": run.batch_id,
            "cron": run.cron,
        }


def _later(look_up: Callable[[], Any]) -> Callable[[Any], Any]:
    """Defer a look-up until the field is asked for."""
    return lambda _info: look_up()


def _concurrency(function: Function) -> int:
    """The limit on the function as a whole."""
    limits = concurrency.of_steps(function.config.get("concurrency"))
    unkeyed = [limit["limit"] for limit in limits if "key" not in limit]
    return int(min(unkeyed, default=0))


def _trigger(trigger: View) -> View:
    if "cron" in trigger:
        return {"type": "CRON", "value": trigger["cron"], "condition": None}
    return {"type": "EVENT", "value": trigger["event"], "condition": trigger.get("expression")}


def _event_status(runs: list[Run]) -> str:
    if not runs:
        return "NO_FUNCTIONS"
    failed = sum(run.status == "FAILED" for run in runs)
    if failed:
        return "FAILED" if failed == len(runs) else "PARTIALLY_FAILED"
    return "RUNNING" if any(run.status in _PENDING for run in runs) else "COMPLETED"
