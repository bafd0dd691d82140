"""A dispatcher that hears of no event of the catalogue."""

from dataclasses import replace

from reference_dispatcher.app import Design, run
from reference_dispatcher.parts import Parts, default_parts
from reference_dispatcher.settings import Settings


def parts(settings: Settings) -> Parts:
    """Return the parts of the reference, with a trigger that nobody uses."""
    return replace(default_parts(settings), triggers=("nobody/publishes-this",))


if __name__ == "__main__":
    run(Design(parts=parts))
