"""A visit to a platform that runs by itself: look around, judge, and leave it as it was."""

from collections.abc import Iterator
from pathlib import Path

from harness.addresses import Addresses
from harness.external import ExternalStack
from harness.preflight import Preflight
from harness.receipt import Receipt, clean_up, leftovers
from harness.settings import Settings
from harness.tag import Tag
from harness.targets import Target


class Visit:
    """One run's visit.

    Args:
        settings: May give the platform more time.
        target: The platform.
        tag: What the run writes there is known by it.
        folder: Where the run's processes write what they did.

    Attributes:
        addresses: Where the platform's parts are.
    """

    def __init__(self, settings: Settings, target: Target, tag: Tag, folder: Path) -> None:
        self.addresses: Addresses = ExternalStack(settings, target).addresses
        self._target = target
        self._tag = tag
        self._folder = folder
        self._preflight = Preflight(settings, target, self.addresses, tag)
        self._wrote = False
        self._receipt: Receipt | None = None

    def begin(self) -> None:
        """See that the platform can be judged.

        Raises:
            SetupError: It can't, or not as the target's file describes it.
        """
        self._preflight.look()
        self._wrote = True
        self._preflight.fly()

    def lines(self) -> Iterator[str]:
        """Return what the header of the run says of the platform."""
        yield from self._preflight.lines()
        yield f"run {self._tag.run}: rows of tenants {self._tag.tenants}…, created by {self._tag.created_by!r}"
        yield from leftovers(self._target, self._tag)

    def end(self) -> Receipt | None:
        """Remove what the run wrote, once, and return the receipt; None when it came to write nothing."""
        if self._wrote and self._receipt is None:
            self._receipt = clean_up(self._target, self._tag, self._folder)
        return self._receipt
