"""Versions of Inngest: what they tell of themselves, and what they can do."""

import pytest

from harness.clients import versions


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("1.43.0-abcdef123\n", "1.43.0-abcdef123"),
        ("a newer version is out!\nv0.29.9\n", "v0.29.9"),
        ("1.43.0-embedded", "1.43.0-embedded"),
        ("usage: inngest", None),
        ("", None),
    ],
)
def test_version_is_found_in_what_a_program_said(said: str, version: str | None) -> None:
    """The line that is a version is found among others, and nothing else is taken for one."""
    assert versions.find_version(said) == version


@pytest.mark.parametrize(("version", "known"), [("0.29.9", False), ("1.4.0", False), ("1.10.0", True), ("", True)])
def test_versions_are_compared_as_numbers(version: str, known: bool) -> None:
    """1.10 is newer than 1.5, and what tells no number is taken for new."""
    assert versions.has(versions.PATTERNS, version) is known


def test_capabilities_have_names_for_reports() -> None:
    """The oldest release that is known to work lacks all of them, and the newest has all."""
    old, new = versions.capabilities("v0.29.9"), versions.capabilities("1.43.0-embedded")

    assert ({*old.values()}, {*new.values()}) == ({False}, {True})
    assert set(old) == {"wildcard triggers", "signed mode", "runs shown on any port", "kept store"}
