"""Faults of the kernel: what it publishes, and what it says that it published."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from uuid import uuid4

import httpx

from faults.catalogue import kernel_fault
from reference_kernel.app import Design
from reference_kernel.publisher import Event, Publisher, PublishError

NOBODY = "http://127.0.0.1:9"


@kernel_fault("PLAT-05", hop="stack", stays_green=("PLAT-01", "PLAT-02"))
def wrong_address_of_inngest(design: Design) -> Design:
    """The kernel says that it is up, and publishes to an address where nobody is."""

    class Hopeful(Publisher):
        async def reachable(self) -> bool:
            return True

    def publisher(http: httpx.AsyncClient, event_key: str) -> Publisher:
        http.base_url = httpx.URL(NOBODY)
        return Hopeful(http, event_key)

    return replace(design, publisher=publisher)


@kernel_fault("EVT-03", hop="published", stays_green=("EVT-01", "PLAT-05"))
def id_made_up_and_not_sent(design: Design) -> Design:
    """The id that the kernel returns is not the one under which the event is published."""

    class Renaming(Publisher):
        async def publish(self, events: Sequence[Event]) -> None:
            await super().publish([replace(event, id=str(uuid4())) for event in events])

    return replace(design, publisher=Renaming)


@kernel_fault("EVT-03", hop="published", stays_green=("EVT-01", "PLAT-05"))
def fields_left_out(design: Design) -> Design:
    """The kernel's events lack the fields that are numbers."""

    class Leaving(Publisher):
        async def publish(self, events: Sequence[Event]) -> None:
            await super().publish([replace(event, data=textual(event)) for event in events])

    def textual(event: Event) -> dict[str, str]:
        return {name: value for name, value in event.data.items() if isinstance(value, str)}

    return replace(design, publisher=Leaving)


@kernel_fault("EVT-03", hop="published", stays_green=("EVT-01", "PLAT-05"))
def events_of_another_name(design: Design) -> Design:
    """The kernel publishes `policy.bound` where `policy/bound` is documented."""

    class Dotting(Publisher):
        async def publish(self, events: Sequence[Event]) -> None:
            await super().publish([replace(event, name=event.name.replace("/", ".")) for event in events])

    return replace(design, publisher=Dotting)


@kernel_fault("EVT-03", "EVT-04", hop="published", stays_green=("EVT-01", "PLAT-05"))
def first_of_a_batch_only(design: Design) -> Design:
    """Of a batch the kernel publishes the first event."""

    class Single(Publisher):
        async def publish(self, events: Sequence[Event]) -> None:
            await super().publish(events[:1])

    return replace(design, publisher=Single)


@kernel_fault("EVT-08", hop="published", stays_green=("EVT-03", "PLAT-05"))
def fire_and_forget(design: Design) -> Design:
    """The kernel answers 200 whether or not Inngest has taken the event."""

    class Forgetting(Publisher):
        async def publish(self, events: Sequence[Event]) -> None:
            with suppress(PublishError):
                await super().publish(events)

    return replace(design, publisher=Forgetting)
