"""Only the last attempt of a delivery leaves a row."""

from dataclasses import replace

from reference_dispatcher.app import run
from reference_dispatcher.parts import Parts, default_parts
from reference_dispatcher.settings import Settings
from reference_dispatcher.store import SqlRecorder
from reference_dispatcher.values import Delivery, Outcome

MUST_BREAK, HOP = ("REC-01", "REC-03"), "recorded"


class LastOnly(SqlRecorder):
    """Forgets what will be tried again."""

    async def record(self, delivery: Delivery, outcome: Outcome) -> None:
        if outcome.status != "retrying":
            await super().record(delivery, outcome)


def _parts(settings: Settings) -> Parts:
    parts = default_parts(settings)
    return replace(parts, recorder=LastOnly(parts.database))


if __name__ == "__main__":
    run(_parts)
