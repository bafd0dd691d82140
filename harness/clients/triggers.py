"""Triggers: which names of a function's triggers Inngest takes for an event, and why an event starts no run."""

from collections.abc import Collection

from harness.clients import versions
from harness.clients.inngest import InngestClient


def why_no_run(inngest: InngestClient, slug: str, event_name: str) -> str:
    """Say why an event starts no run of a function, as far as the registration tells, and what to do next."""
    function = next((each for each in inngest.functions() if each.slug == slug), None)
    if function is None:
        return f"{slug} is not registered: sync the dispatcher (PUT to its serve path), check its app and function id."
    triggers, version = ", ".join(function.triggers), inngest.version()
    patterns = patterns_of(event_name) & {*function.triggers}
    if fires(function.triggers, event_name, version):
        return f"the trigger is there ({triggers}): see whether Inngest reaches {function.app_url}, and its log."
    bare = " A bare * registers and never fires." if "*" in function.triggers else ""
    early = f" Inngest {version} knows no patterns such as {min(patterns)}." if patterns else ""
    return f"its triggers are [{triggers}], none matches {event_name}.{bare}{early} Name every event."


def fires(triggers: Collection[str], event_name: str, version: str) -> bool:
    """Tell whether one of these triggers matches an event on a server of that version."""
    by_pattern = patterns_of(event_name) & {*triggers} and versions.has(versions.PATTERNS, version)
    return event_name in triggers or bool(by_pattern)


def patterns_of(event_name: str) -> frozenset[str]:
    """Return the triggers with a star that match an event: its name up to each `/` or `.`, and never a bare star."""
    ends = [place + 1 for place, letter in enumerate(event_name) if letter in "/."]
    return frozenset(f"{event_name[:end]}*" for end in ends)
