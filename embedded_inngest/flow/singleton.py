"""Singletons: one run at a time; another start is skipped, or ends the one that is under way."""

import logging

from embedded_inngest.apps import Function
from embedded_inngest.cel_values import ExpressionError
from embedded_inngest.events import Event
from embedded_inngest.expressions import value
from embedded_inngest.flow.keys import written

SKIP, CANCEL = MODES = ("skip", "cancel")

log = logging.getLogger(__name__)


def lock_of(function: Function, event: Event) -> str | None:
    """Return what only one run at a time may hold; None when an event's runs need not be alone."""
    config = function.config.get("singleton")
    if config is None:
        return None
    try:
        found = "" if config.get("key") is None else value(config["key"], event.fields())
    except ExpressionError as error:
        log.warning("singleton of %s: %s", function.slug, error)
        return None
    return None if found is False else f"{function.id} {written(found)}"
