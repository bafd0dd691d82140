"""The committed page is that of the catalogue as it is."""

import re

from kill_rate import page
from kill_rate.catalogue import read_catalogue

JUDGED = re.compile(r"^(\| .* \|) (?:killed|\*\*survived|not accused|\*\*false)[^|]*\|$", re.MULTILINE)
"""A row of the page, without its last cell."""


def test_page_agrees_with_the_catalogue() -> None:
    """docs/kill-rate.md has every fault and every correct dispatcher as the catalogue has them, and no other."""
    catalogue = read_catalogue("faults")
    expected = [*map(page.row, catalogue.faults), *map(page.variant_row, catalogue.variants)]

    assert JUDGED.findall(page.PAGE.read_text()) == expected
