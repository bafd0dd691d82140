"""Watching: whether what was started is ready, and what is said of it when it is not."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from harness.errors import SetupError
from harness.waiters import EVERY, OutOfTimeError, until

T = TypeVar("T")

TAIL_BYTES = 64 * 1024
"""How much of a log is looked at for its last lines."""


def tail(log: Path, lines: int = 15) -> str:
    """Return the last lines of a log; of one that was never begun, none."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, file.seek(0, 2) - TAIL_BYTES))
        text = file.read().decode(errors="replace")
    return "\n".join(text.splitlines()[-lines:])


def failure(name: str, state: str, seen: str, *, within: float, log: Path) -> SetupError:
    """Return the error that tells why something is not in the state it should be in, with its last words."""
    said = "".join(f"\n  | {line}" for line in tail(log).splitlines()) or " nothing."
    return SetupError(
        expected=f"{name} to be {state} within {within:g} s.",
        seen=f"{seen}. It said last:{said}",
        next_step=f"read {log}.",
    )


def until_ready(
    name: str,
    check: Callable[[], T | None],
    exited: Callable[[], str | None],
    *,
    within: float,
    log: Path,
    every: float = EVERY,
    state: str = "ready",
) -> T:
    """Look until `check` returns a value, and return it.

    Args:
        name: What messages call the thing that starts.
        check: Returns a value as soon as it is ready.
        exited: Says how it exited; None while it lives.
        within: Seconds to wait at most.
        log: What it says.
        every: Seconds between two looks.
        state: What it is then, for messages.

    Raises:
        SetupError: It exited, or the time passed; the message shows the last lines of the log.
    """

    def look() -> list[T]:
        if manner := exited():
            raise failure(name, state, manner, within=within, log=log)
        value = check()
        return [] if value is None else [value]

    try:
        [value] = until(look, within=within, every=every)
    except OutOfTimeError:
        raise failure(name, state, "it runs, but is not ready", within=within, log=log) from None
    return value
