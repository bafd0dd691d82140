"""A clock for the engine's parts that only moves when a test turns it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class TurnedTimer:
    """A timer of the turned clock."""

    at: float
    callback: Callable[[], None]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


@dataclass
class TurnedClock:
    """A clock that only moves when it is told to."""

    second: float = 1000.0
    timers: list[TurnedTimer] = field(default_factory=list)

    def now(self) -> float:
        return self.second

    def call_later(self, seconds: float, callback: Callable[[], None]) -> TurnedTimer:
        self.timers.append(TurnedTimer(self.second + seconds, callback))
        return self.timers[-1]

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError(seconds)

    async def turn(self, seconds: float) -> None:
        """Move on, and let everything happen that is due."""
        self.second += seconds
        for timer in [timer for timer in self.timers if timer.at <= self.second]:
            self.timers.remove(timer)
            if not timer.cancelled:
                timer.callback()
        await settled()


async def settled() -> None:
    """Let every task that can run do so."""
    loop = asyncio.get_running_loop()
    for _ in range(10):
        turn = loop.create_future()
        loop.call_soon(turn.set_result, None)
        await turn
