"""Keeping what the engine knows: its parts note changes, written once a turn of the loop, and read at the start."""

import asyncio
import logging
import sqlite3
import sys
from collections.abc import Mapping

import orjson

from embedded_inngest import packing
from embedded_inngest.apps import Function
from embedded_inngest.clock import Clock
from embedded_inngest.documents import (
    LiveRun,
    app_text,
    event_row,
    function_text,
    live_text,
    read_app,
    read_event,
    read_function,
    read_live,
)
from embedded_inngest.events import Event
from embedded_inngest.journal import NO_JOURNAL, Changes, Holder, Journal, Notes, Part
from embedded_inngest.pauses import Pauses
from embedded_inngest.queue import Queue, Queued
from embedded_inngest.runs import Run
from embedded_inngest.state import Ended, State
from embedded_inngest.store import Rows, RunRow, Store, unusable
from embedded_inngest.triggers import TriggerIndex

log = logging.getLogger(__name__)


class Persistence:
    """Keeps the memory of an engine in a store; without one it keeps nothing, and costs nothing.

    Attributes:
        journal: What the parts of the engine tell of their changes.
    """

    def __init__(self, store: Store | None, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._notes = Notes(self._plan)
        self._written: asyncio.Future[None] | None = None
        self._unwritten: Changes | None = None
        self._steps: dict[str, int] = {}
        self.journal: Journal = self._notes if store else NO_JOURNAL

    def attach(self, state: State, queue: Queue, pauses: Pauses, triggers: TriggerIndex) -> None:
        """Say whose memory it is."""
        self._state, self._queue, self._pauses, self._triggers = state, queue, pauses, triggers

    def attach_flow(self, holders: Mapping[Part, Holder]) -> None:
        """Say what holds something over the time, part by part."""
        self._holders = holders

    async def saved(self) -> None:
        """Wait until every change so far is written down.

        Raises:
            Exception: It can't be; what, is in the log.
        """
        self._plan_again()
        if self._written is not None:
            await asyncio.shield(self._written)

    def close(self) -> None:
        """Write down what is left, and let go of the store."""
        if self._store is not None:
            self._plan_again()
            self._write()
            self._store.close()

    def _plan(self) -> None:
        """Write at the end of this turn of the loop, so that all changes of one moment are one transaction."""
        if self._written is None:
            loop = asyncio.get_running_loop()
            self._written = loop.create_future()
            loop.call_soon(self._write)

    def _plan_again(self) -> None:
        """Write what could not be written, should that go now."""
        if self._unwritten is not None:
            self._plan()

    def _write(self) -> None:
        """Write down what has changed, and tell those who wait for it."""
        written, self._written = self._written, None
        if self._store is None or written is None:
            return
        changes = self._notes.take()
        if self._unwritten is not None:
            changes.follow(self._unwritten)
        try:
            rows = self._rows(changes)
            self._store.write(rows, now=self._clock.now())
        except Exception as error:  # noqa: BLE001 (whatever it is: who waits must hear of it, or waits for ever)
            log.critical("%s can't be written: %s", self._store.file, error)
            self._unwritten = changes
            written.set_exception(error)
            written.exception()  # whoever does not wait for it needs no warning
            return
        self._unwritten = None
        self._steps |= {run_id: position + 1 for run_id, position, _, _ in rows.steps}
        for run in rows.runs:
            if run.ended:
                self._steps.pop(run.id, None)
        written.set_result(None)

    def _rows(self, changes: Changes) -> Rows:
        rows = Rows(claims=changes.claims, events=[event_row(event) for event in changes.events])
        if changes.apps:
            rows.apps = [app_text(app) for app in self._state.apps.all()]
        for run_id in changes.runs:
            self._add_run(rows, run_id)
        rows.held = [(part, key, self._holders[part].held(key)) for part, key in changes.held]
        return rows

    def _add_run(self, rows: Rows, run_id: str) -> None:
        run, ended = self._state.live_run(run_id), self._state.ended(run_id)
        if ended is not None:
            rows.runs.append(_row(run_id, ended, ended.packed, ended=True))
        elif run is not None:
            live = LiveRun(run=run, jobs=self._queue.jobs_of(run_id), pauses=self._pauses.of_run(run_id))
            rows.runs.append(_row(run_id, run, live_text(live), ended=False))
            known = self._steps.get(run_id, 0)
            new = enumerate(run.stack[known:], start=known)
            rows.steps.extend((run_id, position, step_id, run.steps[step_id]) for position, step_id in new)

    def restore(self) -> None:
        """Give the engine back what was kept; what was to be done is done, if it is due.

        Raises:
            StartError: The store is damaged; it is left as it is.
        """
        if self._store is None:
            return
        try:
            self._restore(self._store.read())
        except (sqlite3.Error, ValueError, KeyError, TypeError, IndexError) as error:
            raise unusable(self._store.file, f"it is damaged ({error})") from None
        self._notes.take()

    def _restore(self, rows: Rows) -> None:
        state = self._state
        for app in map(read_app, rows.apps or ()):
            state.apps.add(app)
        self._triggers.rebuild(state.apps.functions())
        for event in map(read_event, rows.events):
            state.add_event(event)
        for claim in rows.claims:
            state.reclaim(claim)
        steps: dict[str, dict[str, bytes]] = {}
        for run_id, _, step_id, value in rows.steps:
            steps.setdefault(run_id, {})[step_id] = value
        functions = {text: read_function(text) for text in {row.function for row in rows.runs}}
        jobs: list[Queued] = []
        for row in rows.runs:
            events = tuple(map(state.known_event, orjson.loads(row.events)))
            function = functions[row.function]
            if row.ended:
                self._add_ended(row, function, events)
            else:
                of_run = steps.get(row.id, {})
                live = read_live(row.id, row.content, function=function, events=events, steps=of_run)
                self._go_on(live)
                jobs += live.jobs
        for part, key, content in rows.held:
            self._holders[part].hold(key, content or b"")
        self._queue.resume(jobs)

    def _add_ended(self, row: RunRow, function: Function, events: tuple[Event, ...]) -> None:
        """Give back an ended run; all that have one status share its text."""
        content = packing.unpack(row.content)
        ended = Ended(function, events, row.trace_id, sys.intern(content["status"]), row.content)
        times = content["queued_at"], content["started_at"], content["ended_at"]
        self._state.add_ended(row.id, ended, *times)

    def _go_on(self, live: LiveRun) -> None:
        self._steps[live.run.id] = len(live.run.steps)
        self._state.add_run(live.run)
        if live.run.started_at is not None:
            self._queue.seat(live.run.id)
        for pause in live.pauses:
            self._pauses.add(pause)


def _row(run_id: str, run: Run | Ended, content: bytes, *, ended: bool) -> RunRow:
    return RunRow(
        id=run_id,
        trace_id=run.trace_id,
        function=function_text(run.function),
        events=orjson.dumps([event.internal_id for event in run.events]).decode(),
        ended=ended,
        content=content,
    )
