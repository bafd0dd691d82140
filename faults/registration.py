"""Faults of registration: what Inngest is told of the function, and which events start it."""

from dataclasses import replace

from faults.catalogue import fault, with_parts
from reference_dispatcher.app import Design


@fault("REG-02", hop="run started", stays_green=("PLAT-02", "REG-01"))
def star_trigger(design: Design) -> Design:
    """The only trigger is `*`: it registers without complaint, and never fires."""
    return with_parts(design, lambda parts: replace(parts, triggers=("*",)))
