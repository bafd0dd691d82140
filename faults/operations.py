"""Faults of operating it: what is not done again, not shown, and not to be found in a log."""

import json
import logging
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

import inngest

import reference_kernel.app as kernel
from faults.catalogue import fault, kernel_fault
from faults.changes import with_functions, with_outcome, with_settings
from reference_dispatcher.app import Design
from reference_dispatcher.functions import Dispatch
from reference_dispatcher.values import PublishedEvent

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

Settings = TypeVar("Settings")


def _without_a_log(name: str, settings: Settings) -> Settings:
    logging.getLogger(name).disabled = True
    return settings


@fault("OPS-01", "OPS-03", hop="delivered", stays_green=("OPS-02", "MAT-03"))
def replay_taken_for_a_duplicate(design: Design) -> Design:
    """An event whose data was there before is taken for the same one, whatever its id."""
    known: dict[str, str] = {}

    class Forgetful(Dispatch):
        async def match(self, ctx: inngest.Context, event: PublishedEvent, tenant: str) -> list[int]:
            first = known.setdefault(json.dumps([event.name, event.data], sort_keys=True), event.id)
            return await super().match(ctx, event, tenant) if first == event.id else []

    return with_functions(design, Forgetful)


@fault("OPS-02", hop="stored", stays_green=("OPS-01", "RET-04"))
def run_tells_nothing(design: Design) -> Design:
    """The run ends without an output."""

    class Silent(Dispatch):
        async def handle(self, ctx: inngest.Context) -> dict[str, Any]:
            await super().handle(ctx)
            return {}

    return with_functions(design, Silent)


@fault("OPS-04", hop="stored", stays_green=("OPS-01", "OPS-02"))
def dispatcher_logs_no_ids(design: Design) -> Design:
    """The dispatcher logs nothing of what it delivers."""
    return with_settings(design, partial(_without_a_log, "reference_dispatcher"))


@kernel_fault("OPS-04", hop="stored", stays_green=("OPS-01", "OPS-02"))
def kernel_logs_no_ids(design: kernel.Design) -> kernel.Design:
    """The kernel logs nothing of what it publishes."""
    return replace(design, settings=lambda **told: _without_a_log("reference_kernel", design.settings(**told)))


@fault("OPS-05", hop="recorded", stays_green=("OPS-01", "REC-02"))
def rows_without_a_true_time(design: Design) -> Design:
    """Each row says that its attempt was made at the beginning of time."""
    return with_outcome(design, lambda outcome: replace(outcome, finished_at=LONG_AGO.isoformat()))
