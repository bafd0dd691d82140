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
        self.state = State(self.persistence.journal, options.release)
        self._client = client or PooledClient(options.release)
        self._triggers = TriggerIndex(wildcards=options.release.wildcards)
        self._pauses = Pauses(self.persistence.journal)
        self._build_queue()
        self._build_executor()
        self._build_runner()
        self._build_sync()

    def _build_queue(self) -> None:
        """Put together what says when something is done."""
        release, journal = self.options.release, self.persistence.journal
        self._begun = Meter(STARTS, journal)
        self.throttles = Throttles(self.state.apps, self.clock, self._begun, adds_burst=release.throttle_adds_burst)
        self.queue = Queue(
            self.clock,
            self._work,
            workers=min(self.options.queue_workers, ACCOUNT_LIMIT),
            journal=journal,
            turns=TurnsOfRuns(self.state, release),
            paces=self.throttles,
        )
        self.throttles.attach(self.queue.call)
        self.persistence.attach(self.state, self.queue, self._pauses, self._triggers)

    def _build_executor(self) -> None:
        """Put together what takes runs to their end."""
        release = self.options.release
        self._steps = Steps(
            self.queue,
            self._pauses,
            self.clock,
            self.ids,
            Discovery(self.queue, self.clock, self.ids, self.options),
            release,
            invoke=self._invoke,
            abort=self._abort,
            journal=self.persistence.journal,
        )
        self.cancellations = Cancellations(self.clock, release, self._cancel)
        self.timeouts = Timeouts(apps=self.state.apps, clock=self.clock, release=release, cancel=self._cancel)
        self.executor = Executor(
            state=self.state,
            queue=self.queue,
            pauses=self._pauses,
            steps=self._steps,
            driver=Driver(self._client, self.clock, self.ids, release, self.options.signing_key),
            cancellations=self.cancellations,
            timeouts=self.timeouts,
            clock=self.clock,
            ids=self.ids,
            retry_interval=self.options.retry_interval,
            on_end=self._run_ended,
        )

    def _build_runner(self) -> None:
        """Put together what events set off."""
        release = self.options.release
        self.starts = Starts(
            Surroundings(
                state=self.state,
                executor=self.executor,
                clock=self.clock,
                ids=self.ids,
                release=release,
                journal=self.persistence.journal,
                send=self._send,
            )
        )
        self.persistence.attach_flow({**self.starts.holders(), STARTS: self._begun})
        self.runner = Runner(
            state=self.state,
            triggers=self._triggers,
            pauses=self._pauses,
            cancellations=self.cancellations,
            steps=self._steps,
            starts=self.starts,
            clock=self.clock,
            ids=self.ids,
            release=release,
        )

    def _build_sync(self) -> None:
        """Put together what makes apps known, and their times."""
        self.timetable = Timetable(self.state.apps, self.clock, self.runner.tick)
        self.sync = Sync(
            state=self.state,
            triggers=self._triggers,
            timetable=self.timetable,
            client=self._client,
            clock=self.clock,
            ids=self.ids,
            release=self.options.release,
            server_kind=self.options.server_kind,
            signing_key=self.options.signing_key,
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
        """Begin to ask apps to register.

        Raises:
            StartError: The URL of one can't be read.
        """
        self.sync.start(self.options.urls, every=self.options.poll_interval, healthy_too=self.options.poll)

    async def stop(self) -> None:
        """End at once; requests under way are cut."""
        await self.sync.close()
        self.timetable.close()
        self.starts.close()
        self.throttles.close()
        self.timeouts.close()
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
