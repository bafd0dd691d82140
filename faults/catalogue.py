"""How a fault or a variant is written down, and the list of all of them."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import faults
import reference_kernel.app as kernel
from embedded_inngest.engine import Engine
from faults.gateway import Gateway, Handle
from reference_dispatcher.app import AS_IT_SHOULD_BE, Design
from reference_dispatcher.parts import Parts

Change = Callable[[Design], Design]
KernelChange = Callable[[kernel.Design], kernel.Design]
MakeApp = Callable[[Engine], Gateway]
"""What makes the application of an embedded engine, for the engine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Specimen:
    """One dispatcher to judge, or one kernel, or one Inngest.

    Attributes:
        name: What it is started by.
        text: What it does, in one sentence.
        part: Which part of the platform it is: `dispatcher`, `kernel` or `embedded`, the engine of that name.
        must_break: Ids of the requirements that it breaks; none if it is correct.
        hop: The hop at which an event is lost by it; empty if it is correct.
        stays_green: Requirements that it does not break, and that a suite which cries wolf would accuse.
        unmet: SHOULDs that a correct dispatcher may leave out, as this one does.
        target: The target file by which it is judged; empty if the usual one describes it.
    """

    name: str
    text: str
    part: str = "dispatcher"
    must_break: tuple[str, ...] = ()
    hop: str = ""
    stays_green: tuple[str, ...] = ()
    unmet: tuple[str, ...] = ()
    target: str = ""
    design: Design | kernel.Design | MakeApp = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        """Return all but the code."""
        shown = ("name", "text", "part", "must_break", "hop", "stays_green", "unmet", "target")
        return {name: getattr(self, name) for name in shown}


FAULTS: dict[str, Specimen] = {}
VARIANTS: dict[str, Specimen] = {}


def load_all() -> None:
    """Import every module of the package, so that both lists are whole."""
    for module in pkgutil.iter_modules(faults.__path__):
        if module.name != "__main__":
            importlib.import_module(f"faults.{module.name}")


def fault(*must_break: str, hop: str, stays_green: tuple[str, ...], target: str = "") -> Callable[[Change], Change]:
    """Enter a change of the design as a fault of its name; its docstring says what the dispatcher does then.

    Args:
        must_break: Ids of the requirements that it breaks at `hop`.
        hop: Where the suite must say that events are lost.
        stays_green: Ids of requirements that still hold, the nearest ones first.
        target: The target file that has the fault, or describes it, if the usual one does not.
    """

    def enter(change: Change) -> Change:
        told = _told(change) | {"must_break": must_break, "hop": hop, "stays_green": stays_green}
        _enter(FAULTS, Specimen(**told, target=target, design=change(AS_IT_SHOULD_BE)))
        return change

    return enter


def kernel_fault(*must_break: str, hop: str, stays_green: tuple[str, ...]) -> Callable[[KernelChange], KernelChange]:
    """Enter a change of the kernel's design, as `fault` does one of the dispatcher's."""

    def enter(change: KernelChange) -> KernelChange:
        told = _told(change) | {"must_break": must_break, "hop": hop, "stays_green": stays_green}
        _enter(FAULTS, Specimen(**told, part="kernel", design=change(kernel.AS_IT_SHOULD_BE)))
        return change

    return enter


def engine_fault(*must_break: str, hop: str, stays_green: tuple[str, ...]) -> Callable[[Handle], Handle]:
    """Enter a gateway before the embedded engine, as `fault` does a change of the dispatcher's design."""

    def enter(handle: Handle) -> Handle:
        told = _told(handle) | {"must_break": must_break, "hop": hop, "stays_green": stays_green}
        _enter(FAULTS, Specimen(**told, part="embedded", design=partial(Gateway, handle=handle)))
        return handle

    return enter


def variant(*unmet: str, target: str = "") -> Callable[[Change], Change]:
    """Enter a change of the design as a correct dispatcher that does things another way.

    Args:
        unmet: Ids of the SHOULDs that it does without.
        target: The target file that describes it, if the usual one does not.
    """

    def enter(change: Change) -> Change:
        _enter(VARIANTS, Specimen(**_told(change), unmet=unmet, target=target, design=change(AS_IT_SHOULD_BE)))
        return change

    return enter


def with_parts(design: Design, change: Callable[[Parts], Parts]) -> Design:
    """Return the design with other parts."""
    return replace(design, parts=lambda settings: change(design.parts(settings)))


def _told(change: Callable[..., Any]) -> dict[str, Any]:
    return {"name": change.__name__, "text": " ".join((change.__doc__ or "").split())}


def _enter(catalogue: dict[str, Specimen], specimen: Specimen) -> None:
    if specimen.name in FAULTS or specimen.name in VARIANTS:
        message = f"there are two of the name {specimen.name}"
        raise ValueError(message)
    catalogue[specimen.name] = specimen
