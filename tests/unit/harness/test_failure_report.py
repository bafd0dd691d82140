"""A failure says in a few lines what was expected, what was seen, at which hop it broke, and what to do next."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import Mock

import psycopg
import pytest

from harness.clients.inngest import InngestClient
from harness.clients.inngest_answers import Reply, Run
from harness.clients.rows import Rows
from harness.errors import SetupError, UnmetError
from harness.journey import Journey, Sources
from harness.receiver.receiver import Receiver
from harness.redaction import Redactor
from harness.report.failure import describe

SLUG = "app-dispatcher"
REDACTOR = Redactor()
EVENT = {"id": "evt-1", "name": "policy/bound", "data": {"tenantId": "t1"}}


class FakeInngest:
    """An Inngest that knows what it is told."""

    def __init__(self, *, stored: bool = True, runs: Sequence[Run] = ()) -> None:
        self._stored = stored
        self._runs = runs

    def event(self, _id: str) -> dict[str, Any] | None:
        return dict(EVENT) if self._stored else None

    def runs_of(self, _id: str) -> tuple[Run, ...]:
        return tuple(self._runs)

    def run(self, _id: str) -> Run:
        return self._runs[0]

    def functions(self) -> tuple[()]:
        return ()


def journey(inngest: FakeInngest, *, status: int = 200) -> Journey:
    """Return the journey of an event that nobody has delivered."""
    nothing = SimpleNamespace(attempts=lambda *_: (), deliveries=lambda **_: ())
    sources = Sources(
        inngest=cast("InngestClient", inngest),
        receiver=cast("Receiver", nothing),
        rows=cast("Rows", nothing),
        slug=SLUG,
    )
    ids = ("01",) if status == 200 else ()
    return Journey(EVENT, Reply(status=status, ids=ids, error=None if ids else "refused"), sources, at=0)


RUN = Run(id="run-1", slug=SLUG, status="COMPLETED", output={"successCount": 1})


@pytest.mark.parametrize(
    ("inngest", "status", "hop"),
    [
        (FakeInngest(), 400, "published"),
        (FakeInngest(stored=False), 200, "stored"),
        (FakeInngest(), 200, "run started"),
        (FakeInngest(runs=[RUN]), 200, "recorded"),
    ],
)
def test_first_broken_hop_is_named(inngest: FakeInngest, status: int, hop: str) -> None:
    """The hop is the first that is broken by itself, else the one at which the requirement is judged."""
    followed = journey(inngest, status=status)

    failure = describe(
        AssertionError("1 == 2"),
        requirements=["REC-01"],
        promise="It holds.",
        journeys=[followed],
        where="test.py:1",
        redactor=Redactor(),
    )

    assert failure.hop == hop
    assert f"Broken hop: {hop}" in failure.text


def test_check_that_knows_its_hop_is_believed() -> None:
    """What the check says outweighs what the journey shows."""
    error = UnmetError("a row.", "none.", "look.", hop="recorded")

    failure = describe(
        error, requirements=["SIG-07"], promise="", journeys=[journey(FakeInngest())], where="", redactor=REDACTOR
    )

    assert failure.hop == "recorded"


def test_failure_is_told_in_three_lines_with_the_journey() -> None:
    """The text has the requirement, expected, seen, next, and every hop of the journey."""
    followed = journey(FakeInngest(runs=[RUN]))

    text = describe(
        AssertionError("assert [500] == [200]"),
        requirements=["SIG-01"],
        promise="The signature verifies.",
        journeys=[followed],
        where="test.py:7",
        redactor=Redactor(),
    ).text

    lines = text.splitlines()
    assert lines[0].startswith("SIG-01 [M] The signature verifies over the exact bytes")
    assert lines[2:4] == ["Expected: The signature verifies.", "Seen: [500] == [200]"]
    assert lines[4].startswith("Next: ")
    assert [line.split()[0] for line in lines if line.startswith("  ")] == [
        "published",
        "stored",
        "run",
        "delivered",
        "recorded",
    ]


@pytest.mark.parametrize(
    "error",
    [
        SetupError("Inngest to answer.", "no answer.", "see whether it is up."),
        psycopg.OperationalError("no answer"),
    ],
)
def test_stack_that_is_gone_does_not_hide_the_failure(error: Exception) -> None:
    """A journey that can't be looked at any more is said to be so, and the failure is told all the same."""
    followed = journey(FakeInngest())
    followed.hops = Mock(side_effect=error)  # type: ignore[method-assign] # what happens when Inngest or Postgres died

    failure = describe(
        AssertionError("gone"), requirements=["EVT-02"], promise="", journeys=[followed], where="", redactor=REDACTOR
    )

    assert failure.hop == "run started"
    assert "no answer" in failure.text


def test_secret_is_hidden_before_a_line_is_cut() -> None:
    """A secret that would stand across the end of the one line for tables does not leave its first half there."""
    seen = f"{'x' * 190} {'hidden' * 4}."

    failure = describe(
        UnmetError("nothing.", seen, "look."),
        requirements=["SIG-07"],
        promise="",
        journeys=[],
        where="",
        redactor=Redactor({"KEY": "hidden" * 4}),
    )

    assert failure.reason == f"{'x' * 190} [KEY]."
    assert "hidden" not in failure.text
