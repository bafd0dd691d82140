"""The reference dispatcher, with a matcher that finds no webhook for any event."""

from dataclasses import replace

from reference_dispatcher.app import Design, run
from reference_dispatcher.parts import Parts, default_parts
from reference_dispatcher.settings import Settings
from reference_dispatcher.values import PublishedEvent


class Nobody:
    """Finds nobody."""

    async def match(self, event: PublishedEvent, tenant: str) -> list[int]:  # noqa: ARG002 - whoever it is
        return []


def parts(settings: Settings) -> Parts:
    """Return the reference's parts, but for the matcher."""
    return replace(default_parts(settings), matcher=Nobody())


if __name__ == "__main__":
    run(Design(parts=parts))
