"""The releases of the real server that are imitated: what one does otherwise than the other, fact by fact."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The facts in which releases differ; code asks for these, never for a version.

    Attributes:
        imitated: The release, as it calls itself.
        signed_mode: There is the command `start`.
        user_agent: What it calls itself when it calls an app.
        names_jobs: Headers and context of a call say which run, job and attempt it is for, and how many there may be.
        wildcards: Triggers may end in a star.
        run_list_cached: Seconds for which the list of an event's runs is given again.
    """

    imitated: str
    signed_mode: bool = True
    user_agent: str = "Inngest"
    names_jobs: bool = True
    wildcards: bool = True
    run_list_cached: int = 15

    @property
    def version(self) -> str:
        """What is told to whoever asks, so that no log can be mistaken for one of the real server."""
        return f"{self.imitated}-embedded"


V1_43 = Release(imitated="1.43.0")
V0_29 = Release(
    imitated="0.29.9",
    signed_mode=False,
    user_agent="Go-http-client/1.1",
    names_jobs=False,
    wildcards=False,
    run_list_cached=5,
)

RELEASES: Mapping[str, Release] = MappingProxyType({"1.43": V1_43, "0.29": V0_29})
"""Each release by the name under which it is asked for."""
