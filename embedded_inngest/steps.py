"""What an app asks for with status 206: results to memoise, steps to plan, things to wait for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from embedded_inngest import opcodes, spans, wire
from embedded_inngest.clock import Clock, Ids
from embedded_inngest.discovery import Discovery
from embedded_inngest.fatal import MAX_STEPS, FatalStepError, readable, signal_conflict, too_many_steps
from embedded_inngest.invocations import INVOKE_TIMEOUT, Invocation, invocation_notice
from embedded_inngest.journal import NO_JOURNAL, Journal
from embedded_inngest.opcodes import OpcodeError, Operation
from embedded_inngest.pauses import Pause, Pauses
from embedded_inngest.queue import Job, Kind, Queue
from embedded_inngest.release import Release
from embedded_inngest.replies import Reply
from embedded_inngest.runs import Run
from embedded_inngest.spans import Attempt, Span
from embedded_inngest.waits import patient_end, sleep_end, wait_end

_FAILURES = {opcodes.STEP_ERROR, opcodes.STEP_FAILED}


@dataclass(frozen=True, slots=True)
class Steps:
    """Acts on operations."""

    queue: Queue
    pauses: Pauses
    clock: Clock
    ids: Ids
    discovery: Discovery
    release: Release
    invoke: Callable[[Invocation], None]
    abort: Callable[[Run, FatalStepError], None]
    journal: Journal = NO_JOURNAL

    def take(self, run: Run, job: Job, reply: Reply) -> bool:
        """Act on the operations of an answer, waits first; True when its step failed and must be repeated.

        Raises:
            FatalStepError: the run must fail.
            OpcodeError: an operation can't be acted upon.
        """
        operations = reply.operations or ()
        if len(operations) > MAX_STEPS:
            raise too_many_steps()
        if run.request_version < 0:
            run.request_version = reply.request_version
        self.discovery.expect(run, operations)
        if not self._belongs_to_one_step(operations):
            self._forget_discovery(run, job)
        self.discovery.after_answer(run, job, operations)
        repeat = False
        for operation in sorted(operations, key=lambda operation: operation.op != opcodes.WAIT_FOR_EVENT):
            if run.ended:  # by what another one set off
                return False
            repeat |= self._act(run, job, operation, reply)
        run.force_step_plan |= len(operations) > 1  # last, since a step done here does not end what it begins
        return repeat

    @staticmethod
    def _belongs_to_one_step(operations: tuple[Operation, ...]) -> bool:
        return len(operations) == 1 and operations[0].op in opcodes.RESULTS | _FAILURES

    @staticmethod
    def _forget_discovery(run: Run, job: Job) -> None:
        """Take a request that only planned out of the trace."""
        if job.span in run.spans:
            run.spans.remove(job.span)

    def _act(self, run: Run, job: Job, operation: Operation, reply: Reply) -> bool:
        if operation.op in opcodes.RESULTS:
            self._keep(run, job, operation)
        elif operation.op in _FAILURES:
            return self._failed(run, job, operation, reply)
        elif operation.op == opcodes.STEP_PLANNED:
            self._plan(run, job, operation)
        elif operation.op == opcodes.SLEEP:
            self._sleep(run, job, operation)
        elif operation.op == opcodes.WAIT_FOR_EVENT:
            self._wait(run, job, operation)
        elif operation.op == opcodes.INVOKE_FUNCTION:
            self._invoke(run, job, operation)
        elif operation.op == opcodes.WAIT_FOR_SIGNAL:
            self._wait_for_signal(run, job, operation)
        return False

    def _keep(self, run: Run, job: Job, operation: Operation) -> None:
        if job.span in run.spans:
            self._show_result(run, job, operation)
        else:
            self._hide_result(run, operation)
        self._memoise(run, operation, operation.memo())
        self.discovery.after_step(run, operation.id, race=operation.is_race)

    def _show_result(self, run: Run, job: Job, operation: Operation) -> None:
        span = self._step_span(run, job, operation)
        span.op = spans.RUN
        span.data, span.error = wire.sorted_text(operation.data), None
        self._close(span, spans.COMPLETED)

    def _hide_result(self, run: Run, operation: Operation) -> None:
        """Keep for the preview what the trace does not show; what is memoised already is no news."""
        now = self.clock.now()
        began, ended = operation.times(now)
        span = Span(name=operation.title, queued_at=began, started_at=began, step_id=operation.id, hidden=True)
        span.op, span.data, span.output_span = spans.RUN, wire.sorted_text(operation.data), self.ids.hexadecimal(8)
        span.close(spans.COMPLETED, ended)
        if operation.id not in run.steps:
            run.spans.append(span)

    def report(self, run: Run, operation: Operation) -> None:
        """Memoise a step that was run while a request is open; nothing follows from it yet.

        Raises:
            FatalStepError: the run has grown too large.
        """
        self._hide_result(run, operation)
        self._memoise(run, operation, operation.memo())
        self.journal.run(run.id)

    def _failed(self, run: Run, job: Job, operation: Operation, reply: Reply) -> bool:
        span = self._step_span(run, job, operation)
        span.error = wire.sorted_text(operation.shown_error())
        is_last = job.attempt + 1 >= run.function.max_attempts
        if operation.op == opcodes.STEP_ERROR and not (is_last or reply.no_retry):
            span.end_attempt(spans.FAILED, self.clock.now(), span.error)
            return True
        span.op = spans.RUN if self.release.marks_failures else span.op
        self._close_failed(span, is_last=is_last)
        self._memoise(run, operation, operation.memo())
        self.discovery.after_step(run, operation.id, race=operation.is_race)
        return False

    def _close_failed(self, span: Span, *, is_last: bool) -> None:
        """End a step that failed; one that failed for good before its last attempt looks unfinished for ever."""
        now = self.clock.now()
        span.end_attempt(spans.FAILED, now, span.error)
        if is_last:
            span.close(spans.FAILED, now)

    def _memoise(self, run: Run, operation: Operation, value: bytes) -> None:
        if len(run.stack) >= MAX_STEPS:
            raise too_many_steps()
        run.memoise(operation.id, value)

    def _step_span(self, run: Run, job: Job, operation: Operation) -> Span:
        span = job.span
        if span is None or span not in run.spans:
            span = self._new_span(run, job, operation)
        span.name = operation.title
        span.step_id = operation.id
        return span

    def _new_span(self, run: Run, job: Job, operation: Operation) -> Span:
        now = self.clock.now()
        span = Span(name=operation.title, queued_at=now, started_at=now, step_id=operation.id)
        last = job.span.attempts[-1] if job.span else None
        span.attempts = [Attempt(span_id=last.span_id if last else "", started_at=now)]
        run.spans.append(span)
        return span

    def _close(self, span: Span, status: str) -> None:
        now = self.clock.now()
        span.end_attempt(status, now)
        span.close(status, now)

    def _plan(self, run: Run, job: Job, operation: Operation) -> None:
        if run.schedules(f"{operation.id}-plan"):
            planned = Job(
                id=self.ids.job(), run_id=run.id, step_id=operation.id, after=job.after, race=operation.is_race
            )
            self.queue.put(planned)

    def _sleep(self, run: Run, job: Job, operation: Operation) -> None:
        until = sleep_end(operation, self.clock.now(), self.release)
        if run.schedules(f"{operation.id}-wait"):
            span = self._waiting_span(run, job, operation, spans.SLEEP, {"sleepUntil": until})
            self.queue.put(self._later(run, operation, "sleep", span), until)

    def _wait(self, run: Run, job: Job, operation: Operation) -> None:
        name = operation.option("event") or operation.name
        if not name:
            raise OpcodeError("An event name must be provided when waiting for an event")
        expression = readable(operation.option("if"))
        expires = wait_end(operation, self.clock.now(), self.release)
        info = {"eventName": name, "expression": expression, "timeout": expires, "timedOut": None}
        self._pause(
            run, job, operation, expires=expires, op=spans.WAIT_FOR_EVENT, info=info, event=name, condition=expression
        )

    def _invoke(self, run: Run, job: Job, operation: Operation) -> None:
        now = self.clock.now()
        expires = patient_end(operation, now, self.release)
        notice = invocation_notice(run, operation, self.release, expires=expires, now=now, ids=self.ids)
        info = {"functionID": operation.option("function_id") or "", "timeout": expires, "timedOut": None}
        correlation = f"{run.id}.{operation.id}"
        if self._pause(run, job, operation, expires=expires, op=spans.INVOKE, info=info, correlation=correlation):
            self.invoke(Invocation(run=run, notice=notice, span=run.spans[-1]))

    def _wait_for_signal(self, run: Run, job: Job, operation: Operation) -> None:
        signal = operation.option("signal")
        if not signal:
            raise OpcodeError("signal name is empty")
        expires = patient_end(operation, self.clock.now(), self.release)
        if self._is_taken(signal, run, operation):
            raise signal_conflict()
        info = {"signal": signal, "timeout": expires, "timedOut": None}
        self._pause(run, job, operation, expires=expires, op=spans.WAIT_FOR_SIGNAL, info=info, signal=signal)

    def _is_taken(self, signal: str, run: Run, operation: Operation) -> bool:
        """Tell whether another step waits for a signal, and keeps it."""
        pause = self.pauses.signalled(signal)
        is_own = pause is not None and (pause.run_id, pause.step_id) == (run.id, operation.id)
        return pause is not None and not is_own and not operation.replaces

    def _pause(
        self,
        run: Run,
        job: Job,
        operation: Operation,
        *,
        expires: float,
        op: str,
        info: dict[str, Any],
        event: str | None = None,
        condition: str | None = None,
        correlation: str | None = None,
        signal: str | None = None,
    ) -> bool:
        if not run.schedules(f"{operation.id}-wait"):
            return False
        span = self._waiting_span(run, job, operation, op, info)
        timeout = self._later(run, operation, "pause", span)
        self.pauses.add(
            Pause(
                run_id=run.id,
                step_id=operation.id,
                timeout=timeout,
                span=span,
                trigger=run.event,
                event_name=event,
                expression=condition,
                correlation_id=correlation,
                signal=signal,
            )
        )
        self.queue.put(timeout, expires)
        return True

    def _waiting_span(self, run: Run, job: Job, operation: Operation, op: str, info: dict[str, Any]) -> Span:
        span = self._new_span(run, job, operation)
        span.op = op
        span.info = info
        return span

    def _later(self, run: Run, operation: Operation, kind: Kind, span: Span) -> Job:
        return Job(id=self.ids.job(), run_id=run.id, kind=kind, after=operation.id, race=operation.is_race, span=span)

    def wake(self, run: Run, job: Job) -> None:
        """End a sleep."""
        self._done(run, job, b"null")

    def time_out(self, run: Run, job: Job) -> None:
        """End a wait that nothing came for."""
        pause = self.pauses.of_step(run.id, job.after or "")
        if pause is None or not self.pauses.take(pause):
            return
        pause.span.info["timedOut"] = True
        self._done(run, job, INVOKE_TIMEOUT if pause.correlation_id else b"null")

    def resume(self, run: Run, pause: Pause, value: bytes, info: dict[str, Any], error: str | None = None) -> None:
        """End a wait with what came, which may be the error of an invoked function."""
        if not self.pauses.take(pause):
            return
        self.queue.withdraw(pause.timeout)
        pause.span.info.update(info, timedOut=False)
        pause.span.data, pause.span.error = value.decode(), error
        pause.span.output_span = self.ids.hexadecimal(8)
        self._done(run, pause.timeout, value, status=spans.FAILED if error else spans.COMPLETED)

    def _done(self, run: Run, job: Job, value: bytes, *, status: str = spans.COMPLETED) -> None:
        if job.span is not None:
            job.span.attempts.clear()
            job.span.close(status, self.clock.now())
        if len(run.stack) >= MAX_STEPS:
            self.abort(run, too_many_steps())
            return
        step_id = job.after or ""
        run.memoise(step_id, value)
        self.discovery.after_step(run, step_id, race=job.race)
