"""What runs wait for: an event by name, the end of a function they invoked, or a signal."""

from dataclasses import dataclass, replace

from embedded_inngest.events import Event
from embedded_inngest.expected import Expected, place_of
from embedded_inngest.journal import NO_JOURNAL, Journal
from embedded_inngest.queue import Job
from embedded_inngest.spans import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A step that is done when something happens, or when its timeout job comes up."""

    run_id: str
    step_id: str
    timeout: Job
    span: Span
    trigger: Event
    event_name: str | None = None
    expression: str | None = None
    correlation_id: str | None = None
    signal: str | None = None


class Pauses:
    """Every pause that is waited on."""

    def __init__(self, journal: Journal = NO_JOURNAL) -> None:
        self._journal = journal
        self._of_run: dict[str, dict[str, Pause]] = {}
        self._by_name: dict[str, Expected[Pause]] = {}
        self._by_correlation: dict[str, Pause] = {}
        self._by_signal: dict[str, Pause] = {}

    def add(self, pause: Pause) -> None:
        """Start to wait."""
        self._journal.run(pause.run_id)
        self._of_run.setdefault(pause.run_id, {})[pause.step_id] = pause
        if pause.event_name is not None:
            place = place_of(pause.expression, pause.trigger.fields()) if pause.expression else None
            self._by_name.setdefault(pause.event_name, Expected()).add((pause.run_id, pause.step_id), pause, place)
        if pause.correlation_id is not None:
            self._by_correlation[pause.correlation_id] = pause
        if pause.signal is not None:
            self._forgo(pause.signal)
            self._by_signal[pause.signal] = pause

    def _forgo(self, signal: str) -> None:
        """Let the pause that waits for a signal wait for its timeout only."""
        pause = self._by_signal.pop(signal, None)
        if pause is not None:
            self._journal.run(pause.run_id)
            self._of_run[pause.run_id][pause.step_id] = replace(pause, signal=None)

    def waiting_for(self, event_name: str) -> Expected[Pause] | None:
        """Return the pauses that an event of this name may end, if there are any; wildcards do not count here."""
        return self._by_name.get(event_name)

    def correlated(self, correlation_id: str) -> Pause | None:
        """Find the pause that an invoked function's end concerns."""
        return self._by_correlation.get(correlation_id)

    def signalled(self, signal: str) -> Pause | None:
        """Find the pause that a signal ends; of those that waited for it that is the last one."""
        return self._by_signal.get(signal)

    def of_run(self, run_id: str) -> list[Pause]:
        """Return the pauses of a run."""
        return list(self._of_run.get(run_id, {}).values())

    def of_step(self, run_id: str, step_id: str) -> Pause | None:
        """Find the pause of a step."""
        return self._of_run.get(run_id, {}).get(step_id)

    def take(self, pause: Pause) -> bool:
        """End a pause; False when it ended already, so that only one of event and timeout counts."""
        of_run = self._of_run.get(pause.run_id, {})
        if of_run.pop(pause.step_id, None) is None:
            return False
        self._journal.run(pause.run_id)
        if not of_run:
            self._of_run.pop(pause.run_id, None)
        self._unindex(pause)
        return True

    def drop(self, run_id: str) -> None:
        """End all pauses of a run."""
        for pause in self._of_run.pop(run_id, {}).values():
            self._unindex(pause)

    def _unindex(self, pause: Pause) -> None:
        if pause.correlation_id is not None:
            self._by_correlation.pop(pause.correlation_id, None)
        if pause.signal is not None:
            self._by_signal.pop(pause.signal, None)
        if pause.event_name is not None:
            expected = self._by_name[pause.event_name]
            expected.remove((pause.run_id, pause.step_id))
            if not expected:
                del self._by_name[pause.event_name]
