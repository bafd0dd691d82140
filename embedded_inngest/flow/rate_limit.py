"""Rate limits: what comes too fast does not start anything, and nothing is told of it."""

from typing import Any

from embedded_inngest.apps import Function
from embedded_inngest.durations import of_option
from embedded_inngest.events import Event
from embedded_inngest.expressions import value
from embedded_inngest.flow.gcra import Meter, Pace
from embedded_inngest.flow.keys import written

_BURST = 10
"""A tenth of the limit may come at once, beyond the first."""


class RateLimits:
    """Lets starts through, or not."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def admit(self, function: Function, event: Event, now: float) -> bool:
        """Count a start, unless its function's limit is reached; an expression that is false means no limit.

        Raises:
            ExpressionError: the key can't be evaluated.
        """
        config = function.config["rateLimit"]
        found = "" if config.get("key") is None else value(config["key"], event.fields())
        if found is False:
            return True
        key, pace = f"{function.id} {written(found)}", _pace(config)
        if self._meter.allowed_at(key, pace, now) > now:
            return False
        self._meter.count(key, pace, now)
        return True


def _pace(config: dict[str, Any]) -> Pace:
    limit = int(config["limit"])
    return Pace(interval=int(of_option(config["period"])) / limit, extra=limit // _BURST)
