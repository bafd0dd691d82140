"""The server without its HTTP side: the parts, put together."""

from embedded_inngest.client import Client
from embedded_inngest.clock import Clock, Ids, RandomIds, SystemClock
from embedded_inngest.discovery import Discovery
from embedded_inngest.driver import Driver
from embedded_inngest.executor import Executor
from embedded_inngest.fatal import FatalStepError
from embedded_inngest.flow.cancelling import Cancellations
from embedded_inngest.flow.gcra import Meter
from embedded_inngest.flow.starts import Starts, Surroundings
from embedded_inngest.flow.throttle import Throttles
from embedded_inngest.flow.timeouts import Timeouts
from embedded_inngest.flow.timetable import Timetable
from embedded_inngest.flow.turns import TurnsOfRuns
from embedded_inngest.internal_events import Notice
from embedded_inngest.invocations import Invocation
from embedded_inngest.journal import STARTS
from embedded_inngest.options import Options
from embedded_inngest.pauses import Pauses
from embedded_inngest.persistence import Persistence
from embedded_inngest.pool import PooledClient
from embedded_inngest.queue import Job, Queue
from embedded_inngest.replies import Failure
from embedded_inngest.runner import Runner
from embedded_inngest.runs import Run
from embedded_inngest.state import State
from embedded_inngest.steps import Steps
from embedded_inngest.store import Store
from embedded_inngest.sync import Sync
from embedded_inngest.triggers import TriggerIndex

ACCOUNT_LIMIT = 1000
"""Requests under way at once, however many workers there are."""


class Engine:
    """Everything that takes, keeps and carries out."""

    def __init__(
        self,
        options: Options,
        *,
        clock: Clock | None = None,
        ids: Ids | None = None,
        client: Client | None = None,
        store: Store | None = None,
    ) -> None:
        self.options = options
        self.clock = clock or SystemClock()
        self.ids = ids or RandomIds(self.clock)
        self.persistence = Persistence(store, self.clock)
        journal = self.persistence.journal
        self.state = State(journal, options.release)
        self._client = client or PooledClient(options.release)
        triggers, pauses = TriggerIndex(wildcards=options.release.wildcards), Pauses(journal)
        workers = min(options.queue_workers, ACCOUNT_LIMIT)
        release = options.release
        begun = Meter(STARTS, journal)
        self.throttles = Throttles(self.state.apps, self.clock, begun, adds_burst=release.throttle_adds_burst)
        turns = TurnsOfRuns(self.state, release)
        self.queue = Queue(self.clock, self._work, workers=workers, journal=journal, turns=turns, paces=self.throttles)
        self.throttles.attach(self.queue.call)
        self.persistence.attach(self.state, self.queue, pauses, triggers)
        steps = Steps(
            self.queue,
            pauses,
            self.clock,
            self.ids,
            Discovery(self.queue, self.clock, self.ids, options),
            options.release,
            invoke=self._invoke,
            abort=self._abort,
            journal=journal,
        )
        self.cancellations = Cancellations(self.clock, options.release, self._cancel)
        self.timeouts = Timeouts(apps=self.state.apps, clock=self.clock, release=options.release, cancel=self._cancel)
        self.executor = Executor(
            state=self.state,
            queue=self.queue,
            pauses=pauses,
            steps=steps,
            driver=Driver(self._client, self.clock, self.ids, options.release, options.signing_key),
            cancellations=self.cancellations,
            timeouts=self.timeouts,
            clock=self.clock,
            ids=self.ids,
            retry_interval=options.retry_interval,
            on_end=self._run_ended,
        )
        self.starts = Starts(
            Surroundings(
                state=self.state,
                executor=self.executor,
                clock=self.clock,
                ids=self.ids,
                release=options.release,
                journal=journal,
                send=self._send,
            )
        )
        self.persistence.attach_flow({**self.starts.holders(), STARTS: begun})
        self.runner = Runner(
            state=self.state,
            triggers=triggers,
            pauses=pauses,
            cancellations=self.cancellations,
            steps=steps,
            starts=self.starts,
            clock=self.clock,
            ids=self.ids,
            release=options.release,
        )
        self.timetable = Timetable(self.state.apps, self.clock, self.runner.tick)
        self.sync = Sync(
            state=self.state,
            triggers=triggers,
            timetable=self.timetable,
            client=self._client,
            clock=self.clock,
            ids=self.ids,
            release=options.release,
            server_kind=options.server_kind,
            signing_key=options.signing_key,
            on_change=self.queue.look_again,
        )

    def restore(self) -> None:
        """Go on where the engine that wrote the store left off.

        Raises:
            StartError: The store is damaged; it is left as it is.
        """
        self.persistence.restore()
        for run in self.state.live_runs():
            self.executor.resume(run)
        self.timetable.rebuild(self.state.apps.functions())

    def start(self) -> None:
        """Begin to ask apps to register."""
        self.sync.start(self.options.urls, every=self.options.poll_interval, healthy_too=self.options.poll)

    async def stop(self) -> None:
        """End at once; requests under way are cut."""
        await self.sync.close()
        self.timetable.close()
        self.starts.close()
        self.throttles.close()
        await self.queue.close()
        await self._client.close()
        self.persistence.close()

    async def _work(self, job: Job) -> None:
        await self.executor.work(job)

    def _send(self, notice: Notice, trace_id: str | None) -> None:
        self.runner.send(notice, trace_id=trace_id)

    def _invoke(self, invocation: Invocation) -> None:
        self.runner.invoke(invocation)

    def _abort(self, run: Run, error: FatalStepError) -> None:
        self.executor.abort(run, error)

    def _cancel(self, run: Run) -> None:
        self.executor.cancel(run)

    def _run_ended(self, run: Run, failure: Failure | None) -> None:
        self.runner.run_ended(run, failure)
