"""The tag of a run: what is written into a platform that others use is known by it, and can be found and removed."""

import secrets
from dataclasses import dataclass, field

SUITE = "beema-verify"
"""How `created_by` begins in every webhook row that the suite writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """What the rows of one run have in common.

    Attributes:
        run: The run's id.
    """

    run: str = field(default_factory=lambda: secrets.token_hex(3))

    @property
    def created_by(self) -> str:
        """Stands in the column of that name."""
        return f"{SUITE} {self.run}"

    @property
    def tenants(self) -> str:
        """How every tenant begins that the run makes up."""
        return f"verify-{self.run}-"
