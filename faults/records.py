"""Faults of recording: rows that are missing, too many, or say something else than what happened."""

from dataclasses import replace

from faults.catalogue import fault, with_parts
from reference_dispatcher.app import Design
from reference_dispatcher.store import SqlRecorder
from reference_dispatcher.values import Delivery, Outcome


@fault("REC-01", "REC-03", hop="recorded", stays_green=("RET-04", "REC-06"))
def retries_not_recorded(design: Design) -> Design:
    """Only the last attempt of a delivery leaves a row."""

    class LastOnly(SqlRecorder):
        async def record(self, delivery: Delivery, outcome: Outcome) -> None:
            if outcome.status != "retrying":
                await super().record(delivery, outcome)

    return with_parts(design, lambda parts: replace(parts, recorder=LastOnly(parts.database)))
