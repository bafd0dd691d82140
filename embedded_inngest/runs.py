"""A run: what it has been told, what it has memoised, how it ended."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from embedded_inngest import events, packing, wire
from embedded_inngest.apps import Function
from embedded_inngest.events import Event
from embedded_inngest.flow.capacity import Key
from embedded_inngest.spans import Span

_SPAN_ID = 16
_NOTHING = '""'
_KEPT = (
    "trace_id",
    "queued_at",
    "original_run_id",
    "batch_id",
    "skipped_for",
    "started_at",
    "ended_at",
    "status",
    "output",
    "completion",
    "last_span",
)


@dataclass(slots=True, kw_only=True, eq=False)
class Run:
    """One run of a function; while it lives it carries state, once ended only what can be asked of it.

    Attributes:
        lock: What no other live run of its function may hold.
        skipped_for: The run that held the lock instead.
        plain: The error of a request without an answer, where REST shows that and not the output.
    """

    id: str
    function: Function
    events: tuple[Event, ...]
    trace_id: str
    queued_at: float
    original_run_id: str | None = None
    priority: int = 0
    keys: tuple[Key, ...] = ()
    batch_id: str | None = None
    lock: str | None = None
    skipped_for: str | None = None
    status: str = "QUEUED"
    started_at: float | None = None
    ended_at: float | None = None
    output: str | None = None
    completion: str | None = None
    plain: str | None = None
    last_span: str | None = None
    spans: list[Span] = field(default_factory=list)
    request_version: int = -1
    force_step_plan: bool = False
    steps: dict[str, bytes] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)
    stack: list[str] = field(default_factory=list)
    pending: set[str] = field(default_factory=set)
    scheduled: set[str] = field(default_factory=set)
    state_bytes: int = 0
    next_look: float = 0.0

    @property
    def ended(self) -> bool:
        return self.ended_at is not None

    @property
    def event(self) -> Event:
        return self.events[0]

    @property
    def cron(self) -> str | None:
        """The cron expression whose time started it, if that did."""
        return self.event.fields()["data"]["cron"] if self.event.name == events.TIMER else None

    @property
    def root_span(self) -> str:
        """The id of the span that stands for the whole run."""
        return hashlib.sha256(self.id.encode()).hexdigest()[:_SPAN_ID]

    @property
    def result(self) -> str | None:
        """What events tell of the end; `output` holds the whole answer when the result came as an operation."""
        if self.plain is not None:
            return None
        return self.output if self.completion is None else self.completion

    @property
    def listed_output(self) -> str | None:
        """What REST and the list of an event's runs show; of a result that came as an operation it is nothing."""
        if self.plain is not None:
            return self.plain
        return self.output if self.completion is None else _NOTHING

    def memoise(self, step_id: str, value: bytes) -> None:
        """Keep the result of a step; the first one stays, whatever is said later."""
        if step_id not in self.steps:
            self.steps[step_id] = wire.compact(value)
            self.stack.append(step_id)
            self.state_bytes += len(value)
        self.pending.discard(step_id)

    def position(self, step_id: str | None) -> int:
        """Return how far the stack had grown when a step was done, 0 for a request that follows none."""
        return self.stack.index(step_id) + 1 if step_id in self.stack else 0

    def schedules(self, key: str) -> bool:
        """Tell whether a request with this key is new; the server's queue drops repeats."""
        if key in self.scheduled:
            return False
        self.scheduled.add(key)
        return True

    def packed(self) -> bytes:
        """Return what is kept of an ended run, in a fraction of the memory."""
        content: dict[str, Any] = {key: getattr(self, key) for key in _KEPT}
        rare = {} if self.plain is None else {"plain": self.plain}
        return packing.pack({**content, **rare, "spans": self.spans})

    @classmethod
    def unpacked(cls, run_id: str, function: Function, events: tuple[Event, ...], packed: bytes) -> "Run":
        """Read what `packed` wrote."""
        content = packing.unpack(packed)
        spans = [Span.unpacked(span) for span in content.pop("spans")]
        return cls(id=run_id, function=function, events=events, spans=spans, **content)
