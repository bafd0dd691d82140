"""The table of the benchmarks: each figure, and beside it the target that it has to meet."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_NAME, _COLUMN = 54, 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a figure has to be: at most, or at least, a limit; `of` are the columns of which that is asked."""

    limit: float
    of: tuple[str, ...]
    at_least: bool = False

    def is_met(self, value: float | None) -> bool:
        """Tell whether a figure meets it; one that is missing does not."""
        return value is not None and (value >= self.limit if self.at_least else value <= self.limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure of each contestant.

    Attributes:
        name: What was measured.
        form: How a figure is written, such as `{:.1f} ms`.
        values: The figures by contestant.
        target: What is asked of them, if anything is.
    """

    name: str
    form: str
    values: Mapping[str, float]
    target: Target | None = None

    @property
    def is_met(self) -> bool:
        """Whether nothing is asked, or all asked is so."""
        target = self.target
        return target is None or all(target.is_met(self.values.get(column)) for column in target.of)

    def verdict(self) -> str:
        """Return the target and whether it is met."""
        if self.target is None:
            return ""
        sign = ">=" if self.target.at_least else "<="
        return f"{sign} {self.form.format(self.target.limit)}, {'met' if self.is_met else 'MISSED'}"

    def as_json(self) -> dict[str, Any]:
        """Return all that there is to say of it."""
        judged = {} if self.target is None else {"target": self.verdict(), "met": self.is_met}
        return {"name": self.name, "values": dict(self.values), **judged}


def lines(rows: Iterable[Row], columns: Sequence[str]) -> Iterator[str]:
    """Yield the lines of the table: a row for each thing measured, a column for each contestant."""
    yield "".join([" " * _NAME, *(f"{column:>{_COLUMN}}" for column in columns), "  target"])
    for row in rows:
        cells = [row.form.format(row.values[column]) if column in row.values else "-" for column in columns]
        yield "".join(
            [f"{row.name:<{_NAME}}", *(f"{cell:>{_COLUMN}}" for cell in cells), f"  {row.verdict()}"]
        ).rstrip()
