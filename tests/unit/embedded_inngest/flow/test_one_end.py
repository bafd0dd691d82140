"""Runs that end while what their app asked for is being done."""

from typing import Any

import pytest

from tests.unit.embedded_inngest.flow.staged import DONE, App, Stage, function, play

AGAIN = {"op": "InvokeFunction", "id": "i", "name": "i", "displayName": "i", "opts": {"function_id": "go"}}
NAP = {"op": "Sleep", "id": "nap", "name": "100h", "displayName": "nap"}
COMPLETE = {"op": "RunComplete", "id": "end", "name": "end", "data": "done"}


class InvokesItself(App):
    """Answers the first call with operations of which one starts the function again, whose runs end one another."""

    def __init__(self, *operations: dict[str, Any]) -> None:
        super().__init__()
        self._operations = list(operations)

    def answer(self, name: str, steps: dict[str, Any]) -> tuple[int, Any]:
        assert (name, steps) == ("go", {})
        return (206, self._operations) if len(self.asked) == 1 else DONE


async def go(stage: Stage) -> None:
    """Start the function."""
    await stage.send("go")


@pytest.mark.parametrize("beside", [NAP, COMPLETE])
def test_a_run_ends_once(beside: dict[str, Any]) -> None:
    """A run that one of its own operations ends stays as it is, is not told of again, and leaves nothing to be done."""
    stage = play(go, function("go", singleton={"mode": "cancel"}), app=InvokesItself(AGAIN, beside))

    assert stage.statuses("go") == ["CANCELLED", "COMPLETED"]
    assert [event["data"]["_inngest"]["status"] for event in stage.events("inngest/function.finished")] == [
        "Cancelled",
        "Completed",
    ]
    assert list(stage.engine.queue.waiting()) == []
