"""Cancelling many runs over the API: what the real server says before it fails."""

from typing import Any

import pytest

from tests.unit.embedded_inngest.flow.staged import ASLEEP, App, Stage, function, play

LONG_AGO = "2020-01-01T00:00:00Z"
WANTED = {"app_id": "app", "function_id": "go", "started_before": LONG_AGO}
NOW = 1.8e9

REFUSED: list[tuple[Any, int, str]] = [
    (b"{", 400, "Invalid cancellation request"),
    ([], 400, "Invalid cancellation request"),
    ({**WANTED, "started_before": "soon"}, 400, "Invalid cancellation request"),
    ({**WANTED, "app_id": 5}, 400, "Invalid cancellation request"),
    ({}, 400, "app_id is required\nfunction_id is required\nstarted_before is required"),
    ({**WANTED, "started_before": "2099-01-01T00:00:00Z"}, 400, "started_before must be in the past"),
    ({**WANTED, "started_after": "2021-01-01T00:00:00Z"}, 400, "started_after must be before started_before"),
    ({**WANTED, "function_id": "unknown"}, 404, "function not found"),
]


@pytest.mark.parametrize(("wanted", "status", "error"), REFUSED)
def test_what_is_wrong_is_said(wanted: Any, status: int, error: str) -> None:
    """A request that the real server finds fault with is refused in its words."""

    async def scene(stage: Stage) -> None:
        answer = await stage.ask("POST", "/v1/cancellations", wanted)
        assert answer == (status, {"error": error, "data": None, "status": status})

    play(scene, function("go"), at=NOW)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/cancellations", WANTED),
        ("GET", "/v1/cancellations", None),
        ("DELETE", "/v1/cancellations/01M847Y9579M94TC60PXCBPDCH", None),
    ],
)
def test_what_is_right_fails_without_a_word(method: str, path: str, body: Any) -> None:
    """The real server keeps no cancellations, so that it fails wherever it should look at them."""

    async def scene(stage: Stage) -> None:
        await stage.send("go")
        assert await stage.ask(method, path, body) == (500, None)

    assert play(scene, function("go"), app=App(go=ASLEEP), at=NOW).statuses("go") == ["RUNNING"]


def test_an_id_that_is_none_is_refused() -> None:
    """What is to be deleted must at least have the form of an id."""

    async def scene(stage: Stage) -> None:
        answer = await stage.ask("DELETE", "/v1/cancellations/x")
        assert answer == (400, {"error": "Invalid cancellation ID", "data": None, "status": 400})

    play(scene, at=NOW)
