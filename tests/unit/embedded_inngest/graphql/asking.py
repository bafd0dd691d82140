"""Asks an engine of a scene over GraphQL."""

from typing import Any

import orjson

from embedded_inngest.app import App
from embedded_inngest.http import Request
from tests.unit.embedded_inngest.flow.staged import Stage
from tests.unit.embedded_inngest.turned_clock import settled

FROM = "1970-01-01T00:00:00Z"
"""A time before everything."""


async def answered(stage: Stage, query: str, **variables: Any) -> dict[str, Any]:
    """Return the whole answer to a query, once all that follows at once has happened."""
    request = Request(
        method="POST",
        path="/v0/gql",
        target="/v0/gql",
        query={},
        headers={"content-type": "application/json"},
        body=orjson.dumps({"query": query, "variables": variables}),
    )
    answer: dict[str, Any] = orjson.loads((await App(stage.engine).answer(request)).body)
    await settled()
    return answer


async def ask(stage: Stage, query: str, **variables: Any) -> Any:
    """Return what the one field of a query that must succeed says."""
    answer = await answered(stage, query, **variables)
    assert "errors" not in answer, answer["errors"]
    [value] = answer["data"].values()
    return value


async def refused(stage: Stage, query: str, **variables: Any) -> str:
    """Return the complaint that a query gets."""
    complaint: str = (await answered(stage, query, **variables))["errors"][0]["message"]
    return complaint
