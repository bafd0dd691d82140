"""What came of a load: for people as a table, for programs as JSON, for the shell as an exit code."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from harness.errors import Inconclusive, UnmetError
from harness.verdicts import COULD_NOT_VERIFY, FAILED, PASSED

DELIVERED = "published → delivered"
"""The hop that everybody asks for."""

HOPS = {"without a run": "run started", "lost": "delivered", "duplicate": "delivered", "stray": "delivered"}
"""Where in a journey each kind of imbalance shows; any other shows in the rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imbalance:
    """One kind of disagreement.

    Attributes:
        examples: Event, webhook and what was seen of the first few.
    """

    SHOWN: ClassVar[int] = 5

    kind: str
    count: int
    examples: tuple[tuple[str, int, str], ...]

    @property
    def hop(self) -> str:
        """The hop of a journey at which it shows."""
        return HOPS.get(self.kind, "recorded")

    def __str__(self) -> str:
        named = [
            f"{event}{f' → webhook {webhook}' if webhook else ''} ({seen})" for event, webhook, seen in self.examples
        ]
        return f"{self.kind}: {self.count}, such as {'; '.join(named)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """How many seconds one hop took."""

    hop: str
    count: int
    p50: float
    p95: float
    p99: float
    longest: float

    def __str__(self) -> str:
        return f"{self.hop} p50 {ms(self.p50)}, p95 {ms(self.p95)}, p99 {ms(self.p99)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a load.

    Attributes:
        events: How many Inngest accepted.
        refused: How many it did not, or gave no answer for.
        deliveries: How many arrived, each event once at each webhook.
        retried: How many attempts the dispatcher made again, because it saw no answer.
        late: How many arrived more than `late_after` seconds after their publication.
        publishing: Seconds from the first publication to the last.
        seconds: Seconds from the first publication to the last delivery.
    """

    events: int
    refused: int
    webhooks: int
    deliveries: int
    retried: int
    late: int
    late_after: float
    publishing: float
    seconds: float
    imbalances: tuple[Imbalance, ...]
    latencies: tuple[Latency, ...]

    @property
    def events_per_second(self) -> float:
        return self.events / self.seconds if self.seconds else 0.0

    @property
    def deliveries_per_second(self) -> float:
        return self.deliveries / self.seconds if self.seconds else 0.0

    @property
    def exit_code(self) -> int:
        """The suite's code: what is broken counts more than what could not be tried."""
        if self.imbalances:
            return FAILED
        return COULD_NOT_VERIFY if self.refused or not self.events else PASSED

    def require_balance(self) -> None:
        """Check that everything agrees.

        Raises:
            UnmetError: Something was lost, doubled or not recorded.
        """
        if self.imbalances:
            raise UnmetError(
                f"{self.events} events at each of {self.webhooks} webhooks, once, each with its row and its run.",
                f"{'; '.join(map(str, self.imbalances))}.",
                "follow the first event: its run in Inngest, the dispatcher's log of its id, its rows.",
                hop=self.imbalances[0].hop,
            )

    def latency(self, hop: str) -> Latency:
        """Return how long a hop took.

        Raises:
            Inconclusive: Nothing came that far.
        """
        found = next((each for each in self.latencies if each.hop == hop), None)
        if found is None:
            raise Inconclusive(f"something to measure: {hop}.", "nothing came that far.", "see what LOAD-01 says.")
        return found

    def as_json(self) -> dict[str, Any]:
        """Return it all, seconds as numbers."""
        rates = {"events_per_second": self.events_per_second, "deliveries_per_second": self.deliveries_per_second}
        return {**asdict(self), **rates, "exit": self.exit_code}

    def summary(self) -> str:
        """Return the figures in one line."""
        delivered = [str(each) for each in self.latencies if each.hop == DELIVERED]
        rate = f"{self.deliveries_per_second:.0f} deliveries/s"
        return f"{self.events} events x {self.webhooks} webhooks: {', '.join([*delivered, rate])}"

    def lines(self) -> Iterator[str]:
        """Return the table for people."""
        yield f"{'published':<24} {self.events} events in {self.publishing:.1f} s{self._refusals()}"
        yield f"{'delivered':<24} {self.deliveries} of {self.events * self.webhooks} in {self.seconds:.1f} s"
        yield f"{'throughput':<24} {self.events_per_second:.1f} events/s, {self.deliveries_per_second:.1f} deliveries/s"
        yield f"{'late':<24} {self.late} later than {self.late_after:g} s; {self.retried} attempts made again"
        yield ""
        yield f"{'hop':<24} {'p50':>9} {'p95':>9} {'p99':>9} {'longest':>9}"
        yield from (_row(each) for each in self.latencies)
        yield ""
        yield from self._verdict(self.imbalances)

    def _refusals(self) -> str:
        return f", {self.refused} were not accepted" if self.refused else ""

    def _verdict(self, imbalances: Sequence[Imbalance]) -> Iterator[str]:
        yield from (f"✘ {each}" for each in imbalances)
        if not imbalances:
            yield "✔ none lost, none twice, every row there"


def ms(seconds: float) -> str:
    """Return seconds as milliseconds for people."""
    return f"{seconds * 1000:.0f} ms"


def _row(latency: Latency) -> str:
    cells = (latency.p50, latency.p95, latency.p99, latency.longest)
    return f"{latency.hop:<24} " + " ".join(f"{ms(each):>9}" for each in cells)
