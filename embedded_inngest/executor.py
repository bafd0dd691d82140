"""A run from its schedule to its end: requests, retries, cancellation."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from embedded_inngest.client import CallError
from embedded_inngest.clock import Clock, Ids
from embedded_inngest.driver import Driver
from embedded_inngest.errors import NotImitatedError
from embedded_inngest.fatal import FatalStepError
from embedded_inngest.flow import priority
from embedded_inngest.flow.cancelling import Cancellations
from embedded_inngest.flow.keys import keys_of
from embedded_inngest.flow.start import Start
from embedded_inngest.flow.timeouts import Timeouts
from embedded_inngest.opcodes import OpcodeError, Operation
from embedded_inngest.pauses import Pauses
from embedded_inngest.queue import DISCOVERY, Job, Queue
from embedded_inngest.replies import Failure, Reply, broken_off, failed, not_imitated
from embedded_inngest.reruns import FromStep
from embedded_inngest.runs import Run
from embedded_inngest.spans import CANCELLED, COMPLETED, FAILED, FUNCTION_ERROR, FUNCTION_OK, SKIPPED, UNDECIDED, Span
from embedded_inngest.state import State
from embedded_inngest.steps import Steps

BACKOFF = (15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 2400.0, 3600.0, 7200.0)
_JITTER_SECONDS = 30
_VAIN_RETRIES = 20

log = logging.getLogger(__name__)

Ended = Callable[[Run, Failure | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Executor:
    """Carries runs out. `on_end` is told of every run that ends, before anything else can happen to it."""

    state: State
    queue: Queue
    pauses: Pauses
    steps: Steps
    driver: Driver
    cancellations: Cancellations
    timeouts: Timeouts
    clock: Clock
    ids: Ids
    retry_interval: float | None
    on_end: Ended

    def schedule(self, start: Start) -> Run | None:
        """Start a run, at the time of an event that lies in the future; None when this event already started one."""
        if start.claim and not self.state.claim(start.function, start.claim, self.clock.now()):
            return None
        run = self._run_of(start)
        try:
            self.cancellations.watch(run)
        except OpcodeError as error:
            log.warning("%s does not start: the timeout of its cancelOn can't be read (%s)", run.function.slug, error)
            return None
        self.state.add_run(run)
        self.timeouts.watch(run)
        at = 0.0 if start.batch_id else start.event.ts / 1000
        self.queue.put(self._first_job(run, start.from_step), at)
        return run

    def _first_job(self, run: Run, from_step: FromStep | None) -> Job:
        """Return the job with which a run begins, which may be in the middle."""
        job = Job(id=self.ids.job(), run_id=run.id, kind="start")
        if from_step is None:
            return job
        for step_id, value in from_step.before:
            run.memoise(step_id, value)
        if from_step.input is not None:
            run.inputs[from_step.step_id] = from_step.input
        step_id = from_step.step_id if from_step.targeted else DISCOVERY
        return replace(job, step_id=step_id, after=run.stack[-1] if run.stack else None)

    def resume(self, run: Run) -> None:
        """Watch over a run that an earlier engine began, as it did."""
        self.cancellations.watch(run)
        self.timeouts.watch(run)

    def skip(self, start: Start, holder: Run) -> Run:
        """Note a run that did not start, for another one; nobody is told of its end."""
        run = self._run_of(start)
        run.status, run.skipped_for, run.ended_at = SKIPPED, holder.id, run.queued_at
        self.state.add_run(run)
        self.state.archive(run)
        log.info("run %s of %s skipped for %s", run.id, run.function.slug, holder.id)
        return run

    def _run_of(self, start: Start) -> Run:
        before = start.rerun_of
        return Run(
            id=self.ids.ulid(),
            function=start.function,
            events=start.events,
            trace_id=start.trace_id or self.ids.hexadecimal(16),
            queued_at=self.clock.now(),
            original_run_id=(before.original_run_id or before.id) if before else None,
            batch_id=start.batch_id,
            lock=start.lock,
            priority=priority.of(start.function, start.event),
            keys=keys_of(start.function, start.event),
        )

    def refuse(self, run: Run, error: NotImitatedError) -> None:
        """Fail a run that could only be carried out otherwise than on the real server."""
        log.error("%s: %s", run.function.slug, error)
        reply = not_imitated(error)
        self.finish(run, FAILED, reply.output, reply.failure)

    def report(self, run: Run, operation: Operation) -> None:
        """Take the result of a step that was run while a request is open."""
        try:
            self.steps.report(run, operation)
        except FatalStepError as error:
            self.abort(run, error)

    def cancel(self, run: Run) -> None:
        """End a run at once; the answer to a request under way will be dropped."""
        self.finish(run, CANCELLED, None, None)

    async def work(self, job: Job) -> None:
        """Do what a job asks for, if its run still lives; a fault of this engine fails the run, for it to be seen."""
        run = self.state.live_run(job.run_id)
        if run is None:
            return
        try:
            await self._do(run, job)
        except Exception as error:
            log.exception("run %s of %s met a fault of this engine", run.id, run.function.slug)
            if not run.ended:
                reply = broken_off(error)
                self.finish(run, FAILED, reply.output, reply.failure)

    async def _do(self, run: Run, job: Job) -> None:
        if self.timeouts.is_over(run):
            self.cancel(run)
        elif job.kind == "sleep":
            self.steps.wake(run, job)
        elif job.kind == "pause":
            self.steps.time_out(run, job)
        else:
            await self._attempt(run, job)

    async def _attempt(self, run: Run, job: Job) -> None:
        span, span_id = self._begin(run, job)
        job = replace(job, span=span)
        reply = await self._ask(run, job, span_id)
        if run.ended:
            return
        try:
            self._take(run, job, span, reply)
        except OpcodeError as error:
            self._ask_in_vain(run, job, span, failed(error))
        except FatalStepError as error:
            self._fail(run, span, replace(reply, failure=error.failure, output=error.output))

    def _ask_in_vain(self, run: Run, job: Job, span: Span, reply: Reply) -> None:
        """Repeat a request whose operations can't be acted upon.

        The queue does so by itself, whatever the function's retries are, and in the end leaves the run hanging.
        """
        log.error("run %s of %s: %s", run.id, run.function.slug, reply.output)
        _show(run, span)
        span.end_attempt(FAILED, self.clock.now(), reply.output)
        if job.attempt < _VAIN_RETRIES and self.steps.release.repeats_in_vain:
            self.queue.put(job.again(), self.retry_time(job, reply))

    def abort(self, run: Run, error: FatalStepError) -> None:
        """End a run for a step that the server does not allow."""
        self.finish(run, FAILED, error.output, error.failure)

    async def _ask(self, run: Run, job: Job, span_id: str) -> Reply:
        function = self.state.apps.registered(run.function.id)
        if function is None:
            return failed(CallError(f"error loading function: {run.function.slug} is no longer registered"))
        return await self.driver.call(run, function, job, span_id)

    def _begin(self, run: Run, job: Job) -> tuple[Span, str]:
        now = self.clock.now()
        span = job.span or Span(name=UNDECIDED, queued_at=now, max_attempts=run.function.max_attempts)
        if job.span is None:
            run.spans.append(span)
        span_id = self.ids.hexadecimal(8)
        span.begin(span_id, now)
        run.last_span = span_id
        run.status = "RUNNING"
        if run.started_at is None:
            run.started_at = now
            self.state.orders.begin(run.id, now)
            self.timeouts.watch(run)
        return span, span_id

    def _take(self, run: Run, job: Job, span: Span, reply: Reply) -> None:
        if reply.failure is not None:
            self._attempt_failed(run, job, span, reply)
        elif reply.operations is None:
            self._succeed(run, span, reply)
        elif reply.completion is not None:
            self._complete(run, job, reply, reply.completion)
        elif self.steps.take(run, job, reply):
            self.queue.put(job.again(), self.retry_time(job, reply))

    def _attempt_failed(self, run: Run, job: Job, span: Span, reply: Reply) -> None:
        if reply.no_retry or job.attempt + 1 >= run.function.max_attempts:
            self._fail(run, span, reply)
            return
        _show(run, span)
        span.end_attempt(FAILED, self.clock.now(), reply.output)
        self.queue.put(job.again(), self.retry_time(job, reply))

    def _fail(self, run: Run, span: Span, reply: Reply) -> None:
        now = self.clock.now()
        _show(run, span)
        if len(span.attempts) == 1 and span.name == UNDECIDED:
            span.name = FUNCTION_ERROR
        span.error = reply.output
        span.end_attempt(FAILED, now, reply.output)
        span.close(FAILED, now)
        run.plain = reply.plain
        self.finish(run, FAILED, reply.output, reply.failure)

    def _succeed(self, run: Run, span: Span, reply: Reply) -> None:
        now = self.clock.now()
        span.name = FUNCTION_OK
        span.data, span.error = reply.output, None
        span.end_attempt(COMPLETED, now)
        span.close(COMPLETED, now)
        self.finish(run, COMPLETED, reply.output, None)

    def _complete(self, run: Run, job: Job, reply: Reply, completion: Operation) -> None:
        """End a run whose result is an operation; beside others its line is hidden."""
        self.steps.take(run, job, reply)
        self._show_completion(run, job, completion, hidden=reply.operations != (completion,))
        run.completion = completion.result()
        self.finish(run, COMPLETED, reply.output, None)

    def _show_completion(self, run: Run, job: Job, completion: Operation, *, hidden: bool) -> None:
        now = self.clock.now()
        span = job.span or Span(name=UNDECIDED, queued_at=now)
        _show(run, span)
        if len(span.attempts) == 1:
            span.name, span.step_id = completion.title, completion.id
        span.data, span.error, span.hidden = completion.result(), None, hidden
        span.end_attempt(COMPLETED, now)
        span.close(COMPLETED, now)

    def retry_time(self, job: Job, reply: Reply) -> float:
        """Say when a failed attempt is repeated: as the app asks, else as the command line says, else by the table."""
        now = self.clock.now()
        if reply.retry_at is not None:
            return reply.retry_at
        if self.retry_interval is not None:
            return now + self.retry_interval
        return now + BACKOFF[min(job.attempt, len(BACKOFF) - 1)] + self.ids.jitter(_JITTER_SECONDS)

    def finish(self, run: Run, status: str, output: str | None, failure: Failure | None) -> None:
        """End a run: nothing more is done for it, and who waits for its end is told.

        One that has ended stays as it is: what an app asked for may have ended its own run meanwhile.
        """
        if run.ended:
            return
        run.status = status
        run.output = output
        run.ended_at = self.clock.now()
        run.started_at = run.started_at or run.ended_at
        self.queue.drop(run.id)
        self.pauses.drop(run.id)
        self.cancellations.drop(run)
        self.timeouts.drop(run)
        self.state.archive(run)
        log.info("run %s of %s %s", run.id, run.function.slug, status)
        self.on_end(run, failure)


def _show(run: Run, span: Span) -> None:
    """Put a request that failed back into the trace, from which it was taken as one that only plans."""
    if span not in run.spans:
        run.spans.append(span)
