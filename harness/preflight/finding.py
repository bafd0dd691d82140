"""A finding: what one look at somebody's platform told, before anything of it is judged."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from harness.errors import SetupError


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is known of one question.

    Attributes:
        about: What was asked after.
        good: Whether it is as it must be; False where that is left for the stages to judge.
        note: What must be said beside.
    """

    about: str
    good: bool = True
    note: str = ""

    def __str__(self) -> str:
        return f"{self.about} {'✔' if self.good else '·'}"


@contextmanager
def must_answer(part: str, key: str) -> Iterator[None]:
    """Say of a part that does not answer which key of the target's file has its address."""
    try:
        yield
    except SetupError as error:
        next_step = f"see whether {part} is up and can be reached from here; {key} of the target's file is its address."
        raise SetupError(error.expected, error.seen, next_step) from None
