"""When an app is asked what comes next: after each step, or once all those are done that run at the same time."""

from dataclasses import dataclass, replace

from embedded_inngest import opcodes
from embedded_inngest.clock import Clock, Ids
from embedded_inngest.opcodes import Operation
from embedded_inngest.options import Options
from embedded_inngest.queue import Job, Queue
from embedded_inngest.runs import Run

_COALESCING_VERSION = 2
_MILLIS = 1000


@dataclass(frozen=True, slots=True)
class Discovery:
    """Plans the requests that find out what comes next."""

    queue: Queue
    clock: Clock
    ids: Ids
    options: Options

    def expect(self, run: Run, operations: tuple[Operation, ...]) -> None:
        """Note that several steps run at once and are awaited all together."""
        if len(operations) <= 1:
            return
        if self._awaits_all(run) and any(operation.is_planned for operation in operations):
            run.pending.update(operation.id for operation in operations)

    def after_answer(self, run: Run, job: Job, operations: tuple[Operation, ...]) -> None:
        """Ask once more after an answer without content; a run that asked after its last step already is stuck.

        In a release that does not coalesce it is the end of one of several parallel steps.
        """
        empty = all(operation.op == opcodes.NONE and not operation.id for operation in operations)
        if empty and self.options.release.coalesces:
            last = run.stack[-1] if run.stack else None
            self._ask(run, job, key=last or f"redrive-{self.ids.uuid()}", after=last)

    def after_step(self, run: Run, step_id: str, *, race: bool) -> None:
        """Ask what comes next, once the last of several parallel steps is done."""
        if run.pending and not race:
            return
        self._ask(run, None, key=step_id, after=step_id)

    def _awaits_all(self, run: Run) -> bool:
        return self.options.release.coalesces and run.request_version >= _COALESCING_VERSION

    def _ask(self, run: Run, job: Job | None, *, key: str, after: str | None) -> None:
        if self._awaits_all(run) and not run.pending:
            run.force_step_plan = False
        if run.schedules(key):
            following = Job(id=self.ids.job(), run_id=run.id, after=after)
            self.queue.put(replace(following, race=job.race) if job else following, self._at(run))

    def _at(self, run: Run) -> float:
        """Say when: at once, or when the server looks again after parallel steps that are not awaited all together.

        So those that end at about the same time see one another.
        """
        if self.options.release.coalesces or not run.force_step_plan:
            return 0.0
        now = self.clock.now()
        if run.next_look <= now:
            run.next_look = now + self.options.tick / _MILLIS
        return run.next_look
