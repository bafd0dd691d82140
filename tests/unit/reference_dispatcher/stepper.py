"""Runs Inngest functions in this process, call by call: what a server would do, without a server, clock or network."""

from typing import Any

import httpx
from fastapi import FastAPI

Json = dict[str, Any]


class RunFailedError(Exception):
    """The run ended with an error."""


class Stepper:
    """Calls the functions of an application until a run ends.

    Attributes:
        replies: The text of everything the application has answered, all of which Inngest would store.
        naps: Name and end of each sleep, which takes no time here.
    """

    def __init__(self, app: FastAPI, *, tries: int = 3) -> None:
        self._http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://dispatcher.example")
        self._tries = tries
        self.replies: list[str] = []
        self.naps: list[tuple[str, str]] = []

    async def run(self, function: str, event: Json) -> Any:
        """Run a function of the app `beema-studio` for an event and return its output.

        Raises:
            RunFailedError: It failed in all tries.
        """
        memory: Json = {}
        while True:
            reply = await self._call(function, event, memory, "step", 0)
            if reply.status_code == httpx.codes.OK:
                return reply.json()
            if reply.status_code != httpx.codes.PARTIAL_CONTENT:
                raise RunFailedError(reply.json()["message"])
            for operation in reply.json():
                memory[operation["id"]] = await self._result(function, event, memory, operation)

    async def _result(self, function: str, event: Json, memory: Json, operation: Json) -> Any:
        match operation["op"]:
            case "Sleep":
                self.naps.append((operation["displayName"], operation["name"]))
                return None
            case "InvokeFunction":
                return await self._invoke(operation["opts"])
            case _:
                return await self._step(function, event, memory, operation)

    async def _invoke(self, opts: Json) -> Json:
        event = {"name": "inngest/function.invoked", "id": "01X", "ts": 1, "user": {}, "data": opts["payload"]["data"]}
        event["data"]["_inngest"] = {"fn_id": opts["function_id"]}
        try:
            return {"data": await self.run(opts["function_id"].removeprefix("beema-studio-"), event)}
        except RunFailedError as error:
            return {"error": {"name": "Error", "message": str(error), "stack": ""}}

    async def _step(self, function: str, event: Json, memory: Json, operation: Json) -> Json:
        """Take the result of a step, or run it again until it has one."""
        for attempt in range(1, self._tries):
            if operation["op"] == "StepRun":
                break
            reply = await self._call(function, event, memory, operation["id"], attempt)
            [operation] = reply.json()
        return {"data": operation["data"]} if operation["op"] == "StepRun" else {"error": operation["error"]}

    async def _call(self, function: str, event: Json, memory: Json, step: str, attempt: int) -> httpx.Response:
        ctx = {"attempt": attempt, "disable_immediate_execution": False, "run_id": "01R", "stack": {"stack": []}}
        body = {"ctx": ctx, "event": event, "events": [event], "steps": memory, "use_api": False}
        query = {"fnId": f"beema-studio-{function}", "stepId": step}
        reply = await self._http.post("/api/inngest", params=query, json=body)
        self.replies.append(reply.text)
        return reply
