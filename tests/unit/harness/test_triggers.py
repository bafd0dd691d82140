"""The advice on an event that starts no run: it knows what Inngest takes for a trigger, and since when."""

from types import SimpleNamespace
from typing import cast

import pytest

from harness.clients.inngest import InngestClient
from harness.clients.triggers import patterns_of, why_no_run

MATCHES, NONE_MATCHES = "the trigger is there", "none matches policy/bound.late."
SLUG = "app-dispatcher"


def inngest(*triggers: str, version: str = "1.43.0") -> InngestClient:
    """Return an Inngest at which the function is registered with these triggers."""
    function = SimpleNamespace(slug=SLUG, triggers=triggers, app_url="http://app/")
    return cast("InngestClient", SimpleNamespace(functions=lambda: (function,), version=lambda: version))


@pytest.mark.parametrize(
    ("triggers", "version", "words"),
    [
        (["policy/bound.late"], "0.29.9", MATCHES),
        (["policy/*"], "1.43.0-embedded", MATCHES),
        (["policy/bound.*"], "v1.5.0", MATCHES),
        (["policy/*"], "", MATCHES),
        (["policy/*", "*"], "0.29.9", f"{NONE_MATCHES} A bare * registers and never fires. Inngest 0.29.9 knows no"),
        (
            ["policy/bound.*", "policy/*"],
            "1.4.9",
            "Inngest 1.4.9 knows no patterns such as policy/*. Name every event.",
        ),
        (["*"], "1.43.0", f"{NONE_MATCHES} A bare * registers and never fires. Name every event."),
        (["policy*", "pol*", "policy/b*", "claim/*", "policy.*"], "1.43.0", f"{NONE_MATCHES} Name every event."),
        (["policy/bound.late/*", "policy/bound.late.*"], "1.43.0", NONE_MATCHES),
    ],
)
def test_advice_knows_which_triggers_match(triggers: list[str], version: str, words: str) -> None:
    """A trigger is one if it is the name, or up to a separator and with a star where Inngest knows such patterns."""
    assert words in why_no_run(inngest(*triggers, version=version), SLUG, "policy/bound.late")


def test_function_that_is_not_there_is_said_to_be_missing() -> None:
    """Without the function no trigger is looked at."""
    assert "app-other is not registered" in why_no_run(inngest("policy/bound"), "app-other", "policy/bound")


def test_patterns_end_at_each_separator() -> None:
    """A pattern is every proper beginning of the name up to `/` or `.`; a name without any has none."""
    assert patterns_of("a/b.c/d") == {"a/*", "a/b.*", "a/b.c/*"}
    assert patterns_of("plain") == frozenset()
