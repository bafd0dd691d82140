"""Where every start of a function arrives, whatever asks for it."""

from dataclasses import dataclass

from embedded_inngest.executor import Executor
from embedded_inngest.flow.start import Start
from embedded_inngest.runs import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Starts:
    """Decides on starts; what is let through becomes a run."""

    executor: Executor

    def ask(self, start: Start) -> Run | None:
        """Ask for a start; None when no run comes of it, or not at once."""
        return self.executor.schedule(start)
