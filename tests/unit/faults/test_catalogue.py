"""The catalogue of faults agrees with the contract, and whatever is in it can be built."""

import httpx
import pytest

import reference_dispatcher.app as dispatcher
import reference_kernel.app as kernel
from embedded_inngest.engine import Engine
from embedded_inngest.options import Options
from faults.catalogue import FAULTS, VARIANTS, MakeApp, Specimen, fault, load_all
from harness.contract import Contract, Level
from harness.services import ROOT
from reference_kernel.settings import read_settings

load_all()

CONTRACT = Contract.read()
SPECIMENS = [*FAULTS.values(), *VARIANTS.values()]
DATABASE = "postgresql://nobody@127.0.0.1:9/none"

UNPROVEN = {
    "LOAD-02": "it is about what the suite itself reports; tests/unit/load/test_reconciliation.py tries the sums",
}
"""Judged requirements that nothing which is judged can break, and why."""


@pytest.mark.parametrize("specimen", FAULTS.values(), ids=lambda specimen: specimen.name)
def test_fault_names_what_it_breaks_and_what_it_leaves(specimen: Specimen) -> None:
    """A fault names judged requirements that it breaks, two or more others that it does not, and a sentence."""
    named = {*specimen.must_break, *specimen.stays_green}

    assert [each for each in named if CONTRACT[each].stage is None] == []
    assert len(named) == len(specimen.must_break) + len(specimen.stays_green)
    assert specimen.must_break
    assert 2 <= len(specimen.stays_green) <= 4
    assert specimen.text.endswith(".")


@pytest.mark.parametrize("specimen", VARIANTS.values(), ids=lambda specimen: specimen.name)
def test_variant_leaves_out_shoulds_alone(specimen: Specimen) -> None:
    """A correct dispatcher leaves out nothing that it must do, and its target's file is there."""
    assert [each for each in specimen.unmet if CONTRACT[each].level is Level.MUST] == []
    assert (ROOT / specimen.target).exists()
    assert specimen.text.endswith(".")


@pytest.mark.parametrize("specimen", SPECIMENS, ids=lambda specimen: specimen.name)
def test_specimen_can_be_built(specimen: Specimen) -> None:
    """Each design makes what it is of: a kernel its service, a dispatcher its functions, an Inngest its application."""
    assert built(specimen.design)


def test_every_judged_requirement_has_a_fault() -> None:
    """What the suite judges it is seen to catch, but for what nobody can break on purpose here."""
    broken = {each for specimen in FAULTS.values() for each in specimen.must_break}
    judged = {each.id for each in CONTRACT.values() if each.stage is not None}

    assert judged - broken == UNPROVEN.keys()


def test_two_faults_of_one_name_are_refused() -> None:
    """A name that is taken can't be given again: it is how a fault is started."""
    taken = next(iter(FAULTS))

    def change(design: dispatcher.Design) -> dispatcher.Design:
        """Change nothing."""
        return design

    change.__name__ = taken
    with pytest.raises(ValueError, match=taken):
        fault("RET-02", hop="delivered", stays_green=())(change)


def built(design: dispatcher.Design | kernel.Design | MakeApp) -> object:
    """Return what a design makes; nothing of it is called yet."""
    if isinstance(design, kernel.Design):
        return kernel.create_app(read_settings(environ={}), httpx.AsyncClient(), design)
    if not isinstance(design, dispatcher.Design):
        return design(Engine(Options()))
    settings = design.settings(environ={"DATABASE_URL": DATABASE, "INNGEST_DEV": "1"})
    return design.functions(design.client(settings), design.parts(settings))
