"""What was measured of each contestant, and the rows that it makes, with the targets of the embedded engine."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from statistics import median, quantiles

from bench.contestants import EMBEDDED, KEEPING, REAL
from bench.subject import Backlog
from bench.table import Row, Target

SMALL, MEDIUM, LARGE, LARGEST = SIZES = (100, 1_000, 5_000, 20_000)
"""Runs that are waiting at once."""

FINISHED = 50_000
"""Finished runs whose memory is looked at."""

DEARER = 1.3
"""What the dearest size of a backlog may cost, times the cheapest: more memory is slower, whoever uses it."""

FASTER = Target(limit=5, of=(EMBEDDED,), at_least=True)


@dataclass(slots=True, kw_only=True)
class Figures:
    """What was measured of one contestant: seconds, and megabytes by the number of runs that had finished."""

    start_up: float
    calls: list[float] = field(default_factory=list)
    backlogs: list[Backlog] = field(default_factory=list)
    megabytes: dict[int, float] = field(default_factory=dict)
    delivered: float | None = None
    with_sdk: Backlog | None = None

    def cost(self, runs: int) -> float | None:
        """Return the CPU-seconds that 100 runs of backlogs of so many took; of all, since ticks of 10 ms are billed."""
        spent = [one.engine for one in self.backlogs if one.runs == runs]
        return sum(spent) / len(spent) / runs * 100 if spent else None

    def rate(self) -> float | None:
        """Return how many runs were finished in a second, at best, of the large backlog or else of the largest below.

        The real server, which takes minutes for a large one, is not slower with a smaller one.
        """
        most = max((one.runs for one in self.backlogs if one.runs <= LARGE), default=0)
        return max((one.rate for one in self.backlogs if one.runs == most), default=None)

    def unevenness(self) -> float | None:
        """Return the cost of the dearest size of a backlog, times that of the cheapest."""
        costs = [cost for runs in SIZES if (cost := self.cost(runs))]
        return max(costs) / min(costs) if len(costs) == len(SIZES) else None

    def share(self) -> float | None:
        """Return the CPU time of the engine, times that of an app with the SDK."""
        return self.with_sdk.engine / self.with_sdk.app if self.with_sdk else None


@dataclass(frozen=True, slots=True)
class Measure:
    """A row of the table: what it is called, how it is written, how it is read, what is asked of it."""

    name: str
    form: str
    read: Callable[[Figures], float | None]
    target: Target | None = None

    def row(self, measured: Mapping[str, Figures]) -> Row:
        """Return the row; who was not measured has no figure in it."""
        read = {name: self.read(figures) for name, figures in measured.items()}
        values = {name: value for name, value in read.items() if value is not None}
        return Row(name=self.name, form=self.form, values=values, target=self.target)


def _at_most(limit: float, *of: str) -> Target:
    return Target(limit=limit, of=of or (EMBEDDED,))


def _cost(runs: int) -> Measure:
    name = f"CPU of the engine for 100 runs, {runs:,} waiting"
    return Measure(name, "{:.3f} s", lambda one: one.cost(runs), _at_most(0.3))


RATE = Measure(f"runs a second, {LARGE:,} waiting ({REAL}: {MEDIUM:,})", "{:.0f}", Figures.rate)
MEASURES = (
    Measure("start-up, process start to first answer", "{:.0f} ms", lambda one: one.start_up * 1000),
    Measure("publish → first call of an idle app, p50", "{:.1f} ms", lambda one: median(one.calls) * 1000),
    Measure("publish → first call of an idle app, p95", "{:.1f} ms", lambda one: quantiles(one.calls, n=20)[-1] * 1000),
    Measure("publish → delivered, p50", "{:.1f} ms", lambda one: one.delivered and one.delivered * 1000, _at_most(25)),
    *map(_cost, SIZES),
    Measure("the dearest of these, times the cheapest", "{:.2f}", Figures.unevenness, _at_most(DEARER)),
    Measure("CPU of the engine, times that of an app with the SDK", "{:.2f}", Figures.share, _at_most(1)),
    Measure(
        f"resident after {FINISHED:,} finished runs",
        "{:.0f} MB",
        lambda one: one.megabytes.get(FINISHED),
        _at_most(300, EMBEDDED, KEEPING),
    ),
    Measure("resident at the end", "{:.0f} MB", lambda one: max(one.megabytes.values())),
)


def rows(measured: Mapping[str, Figures]) -> Iterator[Row]:
    """Yield the rows of the table."""
    yield from (measure.row(measured) for measure in MEASURES)
    yield (rates := RATE.row(measured))
    if REAL in rates.values:
        times = {EMBEDDED: rates.values[EMBEDDED] / rates.values[REAL]}
        yield Row(name="that, times the real server's", form="{:.1f}", values=times, target=FASTER)
