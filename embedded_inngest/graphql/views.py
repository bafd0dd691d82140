"""Apps, functions, events and runs as GraphQL shows them; what leads on to others is looked up only when asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from embedded_inngest import concurrency, wire
from embedded_inngest.apps import App, Function
from embedded_inngest.clock import NO_ID, ulid_time
from embedded_inngest.events import Event
from embedded_inngest.graphql.configuration import configuration
from embedded_inngest.queue import Queue
from embedded_inngest.release import Release
from embedded_inngest.runs import Run
from embedded_inngest.spans import LIVING, SKIPPED
from embedded_inngest.state import State
from embedded_inngest.traces import trace

View = dict[str, Any]


def time(second: float | None) -> str | None:
    """Write a time, if there is one."""
    return None if second is None else wire.rfc3339(second)


@dataclass(frozen=True, slots=True)
class Views:
    """Makes views of what is in the state."""

    state: State
    queue: Queue
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
            "sdkFeatureReadiness": {"aiMetadataExtraction": None, "extendedTraces": None},
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
            "configuration": _later(lambda: configuration(function)),
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
        app = self.state.apps.ever(function.app_id)
        return self.app(app) if app else None

    def event(self, event: Event) -> View:
        """Show an event."""
        return {
            "id": event.internal_id,
            "externalID": event.id,
            "workspace": None,
            "name": event.name,
            "createdAt": time(event.ts / 1000),
            "payload": wire.sorted_text(event.fields()["data"]),
            "schema": None,
            "raw": event.go_text(self.release),
            "status": _later(lambda: _event_status(self._statuses(event))),
            "pendingRuns": _later(lambda: sum(status in LIVING for status in self._statuses(event))),
            "totalRuns": _later(lambda: len(self._statuses(event))),
            "functionRuns": _later(lambda: [self.function_run(run) for run in self._runs_of(event)] or None),
        }

    def event_v2(self, event: Event) -> View:
        """Show an event as lists of events do."""
        return {
            "envID": NO_ID,
            "id": event.internal_id,
            "idempotencyKey": event.id,
            "name": event.name,
            "occurredAt": time(event.ts / 1000),
            "raw": _later(lambda: _raw(event)),
            "receivedAt": time(event.received_at),
            "runs": _later(lambda: self._all_runs_of(event)),
            "source": None,
            "version": event.fields().get("v", ""),
        }

    def _all_runs_of(self, event: Event) -> list[View]:
        """Show the runs of an event with those that were skipped."""
        kept = self.state.kept_of_event(event.internal_id)
        return [self.run(run) for run_id, _ in kept if (run := self.state.run(run_id))]

    def _runs_of(self, event: Event) -> list[Run]:
        return self.state.runs_of_event(event.internal_id)

    def _statuses(self, event: Event) -> list[str]:
        """Return what became of the runs of an event, as far as it is shown: those of a batch for its first event."""
        kept = self.state.kept_of_event(event.internal_id) if self.release.counts_runs else []
        of_event = (run for _, run in kept if run.events[0].internal_id == event.internal_id)
        return [run.status for run in of_event if run.status != SKIPPED]

    def function_run(self, run: Run) -> View:
        """Show a run under an event; its history is not kept."""
        return {
            "id": run.id,
            "functionID": run.function.id,
            "function": _later(lambda: self.function(run.function)),
            "workspace": None,
            "event": _later(lambda: self._trigger_event(run.event)),
            "events": _later(lambda: [self._trigger_event(event) for event in run.events]),
            "batchID": run.batch_id,
            "batchCreatedAt": _batch_time(run),
            "status": run.status,
            "waitingFor": None,
            "pendingSteps": _later(lambda: len(self.queue.of_run(run.id))),
            "startedAt": time(run.queued_at),
            "finishedAt": time(run.ended_at),
            "output": run.listed_output,
            "eventID": run.event.internal_id,
            "cron": run.cron,
        }

    def _trigger_event(self, event: Event) -> View:
        """Show an event under its run, where the real server says less of it."""
        return {**self.event(event), "externalID": None, "createdAt": time(event.received_at)}

    def run(self, run: Run) -> View:
        """Show a run by itself; nothing is deferred, since the operation that would do so is not imitated."""
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
            "sourceID": None,
            "triggerIDs": [event.internal_id for event in run.events],
            "eventName": run.event.name if self._is_named(run) else None,
            "isBatch": run.batch_id is not None,
            "batchCreatedAt": _batch_time(run),
            "cronSchedule": run.cron,
            "output": run.output,
            "trace": lambda _info, preview=False: (
                self.trace(run, preview=bool(preview)) if preview or run.status != "QUEUED" else None
            ),
            "hasAI": False,
            "defers": [],
            "siblingDefers": [],
            "deferredFrom": [],
            "isDeferred": False,
        }

    def _is_named(self, run: Run) -> bool:
        return self.release.names_events and not run.cron and not run.batch_id

    def trace(self, run: Run, *, preview: bool = True) -> View:
        """Show what a run did."""
        return trace(run, self.release, preview=preview)

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


def _batch_time(run: Run) -> str | None:
    return time(ulid_time(run.batch_id)) if run.batch_id else None


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


def _raw(event: Event) -> str:
    """Write an event as its own page shows it: always with a version, never with a user."""
    fields = event.fields()
    data = fields["data"] or {}
    return wire.sorted_text({"data": data, "id": event.id, "name": event.name, "ts": event.ts, "v": fields.get("v")})


def _event_status(statuses: list[str]) -> str:
    if not statuses:
        return "NO_FUNCTIONS"
    failed = statuses.count("FAILED")
    if failed:
        return "FAILED" if failed == len(statuses) else "PARTIALLY_FAILED"
    return "RUNNING" if any(status in LIVING for status in statuses) else "COMPLETED"
