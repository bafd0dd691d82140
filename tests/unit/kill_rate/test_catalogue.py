"""What is judged is what the catalogue lists and the user chose."""

import pytest

from harness.errors import UsageError
from kill_rate.catalogue import Catalogue
from kill_rate.settings import Choice, read_choice
from kill_rate.trial import arguments, asked, fits
from tests.unit.kill_rate.specimens import FAULT, VARIANT

CATALOGUE = Catalogue(faults=[FAULT], variants=[VARIANT])


@pytest.mark.parametrize(
    ("patterns", "names"), [((), ["in_one_run", "follows"]), (("fol*",), ["follows"]), (("*_run",), ["in_one_run"])]
)
def test_choice_is_by_name_or_glob(patterns: tuple[str, ...], names: list[str]) -> None:
    """Without a choice everything is judged, the correct ones first, since they take longest."""
    assert [each.name for each in CATALOGUE.chosen(patterns).specimens] == names


def test_glob_that_names_nothing_is_refused() -> None:
    """A choice that is partly of nobody is no choice."""
    with pytest.raises(UsageError, match=r"'x\*' is none of 2"):
        CATALOGUE.chosen(["fol*", "x*"])


def test_wrong_name_gets_the_nearest() -> None:
    """Who misspells a fault hears which one it may have been."""
    with pytest.raises(UsageError, match="did you mean 'follows'"):
        CATALOGUE.chosen(["folows"])


@pytest.mark.parametrize("workers", ["0", "17", "two", "-1"])
def test_number_of_workers_is_checked(workers: str) -> None:
    """What is no number of workers is refused in words."""
    with pytest.raises(UsageError, match="WORKERS"):
        read_choice({"WORKERS": workers})


def test_choice_is_read_from_the_environment() -> None:
    """Names are split at commas; with any of them the run is not the whole one."""
    choice = read_choice({"FAULT": "one, two*,", "WORKERS": "3"})

    assert choice == Choice(patterns=("one", "two*"), workers=3)
    assert (choice.whole, read_choice({}).whole) == (False, True)


def test_fault_is_judged_by_its_requirements_alone() -> None:
    """A fault's run is asked for what must break and what must not; a correct one's for all but load."""
    assert arguments(FAULT)[-3:] == [
        "--only=RET-02,RET-01,RET-03",
        "--must-break=RET-02",
        "--stays-green=RET-01,RET-03",
    ]
    assert arguments(VARIANT) == ["-pno:xdist", "--ignore=tests/stage_11_load"]
    assert (fits(FAULT), fits(VARIANT)) == (True, False)


def test_settings_of_the_user_do_not_narrow_a_run() -> None:
    """What would leave out or excuse a requirement is taken back; earlier stages block a correct dispatcher alone."""
    assert asked(FAULT)["STAGE"] == asked(FAULT)["BASELINE"] == ""
    assert (asked(FAULT)["KEEP_GOING"], asked(VARIANT)["KEEP_GOING"]) == ("1", "0")
