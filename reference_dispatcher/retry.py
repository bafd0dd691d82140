"""When an attempt counts as delivered, and when the next one may be made."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import SystemRandom
from typing import Any

from reference_dispatcher.values import Answer

MOST_ATTEMPTS = 10
DEFAULT_ATTEMPTS = 3
LONGEST_BACKOFF_MS = 3_600_000
DEFAULT_BACKOFF_MS = 1000
LONGEST_RETRY_AFTER = 3600.0
JITTER = 0.2
GONE = 410
MAY_ASK_FOR_TIME = frozenset({429, 503})

_random = SystemRandom().random


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPlan:
    """How often and how fast one webhook is tried."""

    max_attempts: int
    backoff_ms: int


class RetryPolicy:
    """The retry policy of the contract.

    Args:
        random: Gives numbers from 0 to 1, by which simultaneous failures are spread.
    """

    def __init__(self, random: Callable[[], float] = _random) -> None:
        self._random = random

    def plan(self, retry_config: Any) -> RetryPlan:
        """Read `retry_config`: what is no number gets the default, what is out of range the nearest legal value."""
        config = retry_config if isinstance(retry_config, dict) else {}
        return RetryPlan(
            max_attempts=_clamped(config.get("maxAttempts"), default=DEFAULT_ATTEMPTS, least=1, most=MOST_ATTEMPTS),
            backoff_ms=_clamped(config.get("backoffMs"), default=DEFAULT_BACKOFF_MS, least=0, most=LONGEST_BACKOFF_MS),
        )

    def delivered(self, answer: Answer) -> bool:
        """Say whether the receiver has taken the event: a whole answer with any 2xx."""
        return answer.error is None and answer.status is not None and 200 <= answer.status < 300  # noqa: PLR2004 - 2xx

    def gone(self, answer: Answer) -> bool:
        """Say whether the receiver asked never to be called again."""
        return answer.status == GONE

    def wait(self, plan: RetryPlan, number: int, answer: Answer) -> float:
        """Return the seconds between attempt `number`, so answered, and the next one."""
        backoff = plan.backoff_ms / 1000 * 2.0 ** (number - 1)
        asked = _retry_after(answer) if answer.status in MAY_ASK_FOR_TIME else 0.0
        return max(backoff, asked) * (1 + JITTER * self._random())


def _clamped(value: Any, *, default: int, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return default
    return int(min(max(value, least), most))


def _retry_after(answer: Answer) -> float:
    """Return the seconds that the receiver asks for: 0 for garbage, an hour for more than an hour."""
    text = answer.headers.get("retry-after", "").strip()
    seconds = float(text) if re.fullmatch(r"\d{1,12}", text, re.ASCII) else _seconds_until(text)
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)


def _seconds_until(date: str) -> float:
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return 0.0
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
