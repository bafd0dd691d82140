"""A baseline is read whole or refused whole, with every problem and its line."""

import datetime as dt
from pathlib import Path

import pytest

from harness.baseline import KnownDefect, read_baseline
from harness.errors import UsageError

TODAY = dt.date(2026, 6, 1)


def baseline(folder: Path, text: str) -> str:
    """Return the path of a baseline with that text."""
    file = folder / "known.toml"
    file.write_text(text)
    return str(file)


def refusal(folder: Path, text: str) -> str:
    """Return how a baseline is refused."""
    with pytest.raises(UsageError) as caught:
        read_baseline(baseline(folder, text), today=TODAY)
    return caught.value.seen.replace(f"{folder}/", "")


def test_defects_are_read_with_reason_end_and_line(tmp_path: Path) -> None:
    """A defect has its reason on one line, its last day if it has one, and knows where it is listed."""
    file = baseline(
        tmp_path, '[SIG-02]\nreason = """ours,\nsince May"""\n\n[RET-02]\nreason = "x"\nuntil = 2026-06-01\n'
    )

    [first, second] = read_baseline(file, today=TODAY).values()

    assert first == KnownDefect(requirement="SIG-02", reason="ours, since May", until=None, where=f"{file}, line 1")
    assert (str(first), str(second)) == ("known defect: ours, since May", "known defect: x (until 2026-06-01)")
    assert second.where == f"{file}, line 5"


@pytest.mark.parametrize("text", ["", "# none left\n"])
def test_baseline_without_defects_is_one(tmp_path: Path, text: str) -> None:
    """The last line of a baseline may go, and no baseline at all is the same."""
    assert read_baseline(baseline(tmp_path, text)) == read_baseline("") == {}


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ('[SIG-99]\nreason = "x"', "line 1: SIG-99 is no requirement (did you mean 'SIG-0"),
        ('SIG-01 = "x"', "line 1: SIG-01 is a text, no table with a reason."),
        ("[SIG-01]", "line 1: SIG-01 has no reason."),
        ('[SIG-01]\nreason = " "', "line 2: SIG-01.reason is empty."),
        ("[SIG-01]\nreason = 5", "line 2: SIG-01.reason is a number, no text."),
        ('[SIG-01]\nreason = "x"\nuntill = 2027-01-31', "line 3: SIG-01.untill is no key of a baseline (did you mean"),
        ('[SIG-01]\nreason = "x"\nuntil = "2027-01-31"', "line 3: SIG-01.until is a text, no date: write it as"),
        ('[SIG-01]\nreason = "x"\nuntil = 2027-01-31T00:00:00Z', "line 3: SIG-01.until is a date with a time"),
        ('[SIG-01]\nreason = "x"\nuntil = 2026-05-31', "line 3: SIG-01 has expired: it was accepted until 2026-05-31"),
        ('[SIG-01]\nreason = "x"\n[SIG-01]\nreason = "y"', "line 3: Cannot declare ('SIG-01',) twice."),
        ("[SIG-01]\nreason = none", "line 2: Invalid value."),
    ],
)
def test_wrong_line_is_named(tmp_path: Path, text: str, seen: str) -> None:
    """Whatever is wrong is named with file and line, and with the nearest word that would be right."""
    assert refusal(tmp_path, text).startswith(f"known.toml, {seen}")


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    """Who corrects a baseline needs one attempt."""
    text = '[SIG-99]\nreason = "x"\n[SIG-01]\n[SIG-02]\nreason = ""\nuntil = 2020-01-01'

    assert [line.split(":")[0].split()[-1] for line in refusal(tmp_path, text).splitlines()] == ["1", "3", "5", "6"]


@pytest.mark.parametrize("name", ["nowhere.toml", "."])
def test_what_is_no_file_is_refused(tmp_path: Path, name: str) -> None:
    """A path that leads to no file is bad usage, whoever is judged."""
    with pytest.raises(UsageError, match="a baseline, in TOML"):
        read_baseline(str(tmp_path / name))
