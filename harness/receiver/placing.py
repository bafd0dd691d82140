"""Where the receiver is: on this machine as settings and target say, under a name that the dispatcher can call."""

from collections.abc import Callable
from functools import partial

from harness.receiver.attempts import Attempt
from harness.receiver.receiver import Receiver
from harness.receiver.silent import SilentPort
from harness.settings import Settings
from harness.targets import Target


def placed_receiver(
    settings: Settings, target: Target, *, place: int = 0, on_attempt: Callable[[Attempt], None] | None = None
) -> Receiver:
    """Return a receiver, not started yet.

    Args:
        settings: May name another host than the target.
        target: Says where to listen, and how the dispatcher calls that.
        place: The number of this process; each needs a port of its own.
        on_attempt: Told of each attempt that is over.
    """
    listen, advertised, port = _place(settings, target, place)
    make = partial(Receiver, listen, advertised, port=port)
    return make() if on_attempt is None else make(on_attempt=on_attempt)


def placed_silence(settings: Settings, target: Target, *, place: int) -> SilentPort:
    """Return a port that takes no connection, not listening yet.

    Args:
        settings: May name another host than the target.
        target: Says where to listen, and how the dispatcher calls that.
        place: A number that nobody else has beside the target's port, if that is a fixed one.
    """
    listen, advertised, port = _place(settings, target, place)
    return SilentPort(listen, advertised, port=port)


def _place(settings: Settings, target: Target, place: int) -> tuple[str, str | None, int]:
    """Return the address to listen on, the name by which the dispatcher calls it, and the port."""
    address = target.receiver
    port = address.port + place if address.port else 0
    return address.listen, settings.receiver_host or address.host or None, port
