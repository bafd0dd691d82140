"""What an event sets off: it is stored, starts functions, ends waits."""

import logging
from dataclasses import dataclass
from typing import Any

from embedded_inngest import events, internal_events, wire
from embedded_inngest.clock import Clock, Ids
from embedded_inngest.events import Event, make_event
from embedded_inngest.expressions import holds
from embedded_inngest.flow.cancelling import Cancellations
from embedded_inngest.flow.start import Start
from embedded_inngest.flow.starts import Starts
from embedded_inngest.flow.timetable import Tick
from embedded_inngest.internal_events import Notice
from embedded_inngest.invocations import Invocation
from embedded_inngest.pauses import Pause, Pauses
from embedded_inngest.release import Release
from embedded_inngest.replies import Failure
from embedded_inngest.runs import Run
from embedded_inngest.state import State
from embedded_inngest.steps import Steps
from embedded_inngest.triggers import Candidate, TriggerIndex

log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Runner:
    """Where events of every origin arrive."""

    state: State
    triggers: TriggerIndex
    pauses: Pauses
    cancellations: Cancellations
    steps: Steps
    starts: Starts
    clock: Clock
    ids: Ids
    release: Release

    def accept(self, fields: dict[str, Any], internal_id: str | None = None) -> str:
        """Take an event from outside and return the id it got."""
        event = make_event(
            internal_id=internal_id or self.ids.ulid(),
            name=fields["name"],
            data=fields.get("data") or {},
            now=self.clock.now(),
            given=fields,
        )
        self.receive(event)
        return event.internal_id

    def send(self, notice: Notice, *, trace_id: str | None = None) -> Event:
        """Take an event that the server itself sends; what it starts belongs to the same trace."""
        event = make_event(
            internal_id=self.ids.ulid(),
            name=notice.name,
            data=notice.data,
            now=self.clock.now(),
            given={"id": notice.id, "user": notice.user, "ts": notice.ts},
        )
        self.receive(event, trace_id=trace_id)
        return event

    def run_ended(self, run: Run, failure: Failure | None) -> None:
        """Tell whoever waits for the end of a run."""
        for notice in internal_events.end_notices(run, failure, self.release):
            self.send(notice, trace_id=run.trace_id)

    def invoke(self, invocation: Invocation) -> None:
        """Invoke a function for a step."""
        event = self.send(invocation.notice, trace_id=invocation.run.trace_id)
        invocation.span.info["triggeringEventID"] = event.internal_id

    def signal(self, name: str, data: Any) -> Run | None:
        """End the wait for a signal, and return the run that waited; None when there is none."""
        pause = self.pauses.signalled(name)
        run = self.state.live_run(pause.run_id) if pause else None
        if run is not None and pause is not None:
            self.steps.resume(run, pause, wire.canonical({"data": {"signal": name, "data": data}}), {})
        return run

    def tick(self, tick: Tick) -> None:
        """Start a function whose time has come, and do what the event that says so sets off."""
        event = self.send(tick.notice(self.release))
        self.starts.ask(Start(function=tick.function, events=(event,), origin="cron"))

    def receive(self, event: Event, *, trace_id: str | None = None) -> None:
        """Store an event and do what it sets off."""
        self.state.add_event(event)
        log.info("event %s %s", event.name, event.internal_id)
        self.cancellations.receive(event)
        self._end_waits(event)
        if event.name == events.FINISHED:
            self._end_invocation(event)
        self._start(event, trace_id)
        if event.name == events.INVOKED:
            self._start_invoked(event, trace_id)

    def _start(self, event: Event, trace_id: str | None) -> None:
        started: set[str] = set()
        for candidate in self.triggers.candidates(event.name):
            if candidate.function.id not in started and self._passes(candidate, event):
                started.add(candidate.function.id)
                self.starts.ask(Start(function=candidate.function, events=(event,), origin="event", trace_id=trace_id))

    @staticmethod
    def _passes(candidate: Candidate, event: Event) -> bool:
        expression = candidate.trigger.expression
        return expression is None or holds(expression, event.fields())

    def _start_invoked(self, event: Event, trace_id: str | None) -> None:
        metadata = event.fields()["data"]["_inngest"]
        reference = metadata.get("fn_id", "")
        function = self.state.apps.invocable(reference)
        if function is not None:
            self.starts.ask(Start(function=function, events=(event,), origin="invocation", trace_id=trace_id))
            return
        log.error("could not find function with ID: %s", reference)
        message = f"could not find function with ID: {reference}"
        self.send(internal_events.failed_invocation(event, message), trace_id=trace_id)

    def _end_waits(self, event: Event) -> None:
        waiting = self.pauses.waiting_for(event.name)
        if waiting is None:
            return
        fields = event.fields()
        value = wire.canonical(fields)
        for pause in waiting.candidates(fields):
            if self._meets(pause, fields):
                self._resume(pause, value, {"foundEventID": event.internal_id})

    @staticmethod
    def _meets(pause: Pause, incoming: dict[str, Any]) -> bool:
        return pause.expression is None or holds(pause.expression, pause.trigger.fields(), incoming)

    def _end_invocation(self, event: Event) -> None:
        data = event.fields()["data"]
        pause = self.pauses.correlated(data.get("correlation_id") or "")
        if pause is None:
            return
        error = wire.sorted_text(data["error"]) if "error" in data else None
        info = {"returnEventID": event.internal_id, "runID": data["run_id"] or None}
        self._resume(pause, wire.canonical(_returned(event)), info, error)

    def _resume(self, pause: Pause, value: bytes, info: dict[str, Any], error: str | None = None) -> None:
        run = self.state.live_run(pause.run_id)
        if run is not None:
            self.steps.resume(run, pause, value, info, error)


def _returned(event: Event) -> dict[str, Any]:
    """Return what a step gets back from the function it invoked; of a cancelled one, the event that tells of it."""
    fields = event.fields()
    data = fields["data"]
    if "error" in data:
        return {"error": data["error"]}
    return {"data": data["result"]} if "result" in data else fields
