"""The error tree of the suite.

HarnessError
├── SetupError        we could not judge: nothing is said about the target; blocks what builds on it
│   └── Inconclusive  this one promise could not be exercised; the others can still be judged
├── NotApplicable     the promise is about something that the target lacks, by its own declaration and our probe
├── UsageError        we were asked for something that does not exist
└── UnmetError        the target broke a promise (also an AssertionError, so pytest says FAILED)
"""

from collections.abc import Collection


def three_lines(expected: str, seen: str, next_step: str) -> str:
    """Return the form of every message of the suite: what was expected, what was seen, what to do next."""
    return f"Expected: {expected}\nSeen: {seen}\nNext: {next_step}"


def shortened(items: Collection[str], *, limit: int = 5, separator: str = "; ") -> str:
    """Return the first items of a list that may be too long for a message, and how many more there are."""
    more = f" and {len(items) - limit} more" if len(items) > limit else ""
    return separator.join([*items][:limit]) + more


class HarnessError(Exception):
    """Root of the errors that the suite raises on purpose; its text is for people, never a traceback."""

    def __init__(self, expected: str, seen: str, next_step: str) -> None:
        super().__init__(three_lines(expected, seen, next_step))
        self.expected = expected
        self.seen = seen
        self.next_step = next_step


class SetupError(HarnessError):
    """The suite could not judge: no database, a taken port, an unreachable receiver."""


class Inconclusive(SetupError):  # noqa: N818 - it names a verdict, not a mistake
    """One promise could not be exercised because of something that another requirement judges."""


class NotApplicable(HarnessError):  # noqa: N818 - it names a verdict, not a mistake
    """The promise is about something that the target, or this version of Inngest, does not have."""


class UsageError(HarnessError):
    """A setting or an option has a value that does not exist."""


class UnmetError(HarnessError, AssertionError):
    """The target broke a promise.

    Attributes:
        hop: The first broken hop of the event's journey, when the one who raises knows it.
    """

    def __init__(self, expected: str, seen: str, next_step: str, *, hop: str | None = None) -> None:
        super().__init__(expected, seen, next_step)
        self.hop = hop
